import Dispatch

/// Trains one forest a fold side by side, each blind to its fold, and finds the number of rounds that serves all of them.
struct CrossValidation {
    let task: LearningTask
    let settings: BoosterSettings
    let priorShare: Double

    /// Trains all folds in step until the loss over all left-out rows stops falling, or exactly `fixedRounds`, or until
    /// `isLate` at a look. `progress` gets the rounds done.
    func run(
        fixedRounds: Int? = nil, isLate: () -> Bool = { false }, progress: (Int) -> Void
    ) throws(TableError) -> (rounds: Int, result: CrossResult) {
        // Threads of ours, one booster each, rather than OpenMP's: those spin between the small steps of a tree and burn
        // the cores.
        let turns = DispatchSemaphore(value: task.threads)
        let forests = task.partitions.indices.flatMap { partition in
            (0..<task.foldCount).map {
                FoldForest(
                    task, settings: settings, priorShare: priorShare, partition: partition, fold: $0, turns: turns)
            }
        }
        try FoldForest.together(forests) { $0.prepare() }
        var best = (rounds: 0, loss: Double.infinity)
        var rounds = 0
        let limit = fixedRounds ?? BoosterSettings.maximumRounds
        var looksWithoutGain = 0
        while rounds < limit, looksWithoutGain < BoosterSettings.patience {
            let step = min(BoosterSettings.roundsPerCheck, limit - rounds)
            let measures = fixedRounds == nil
            try FoldForest.together(forests) { $0.boost(step, measuring: measures) }
            rounds += step
            progress(rounds)
            guard fixedRounds == nil else { continue }
            let loss = forests.reduce(0) { $0 + $1.lossSum }
            if loss < best.loss {
                best = (rounds, loss)
                looksWithoutGain = 0
            } else {
                looksWithoutGain += 1
            }
            if isLate() { break }
        }
        let found = fixedRounds ?? best.rounds
        return (found, try result(forests, rounds: found))
    }

    private func result(_ forests: [FoldForest], rounds: Int) throws(TableError) -> CrossResult {
        var margins = [Double](repeating: 0, count: task.rows.count)
        let sample = task.sample
        let first = Array(forests.prefix(task.foldCount))
        try FoldForest.together(first) { $0.finish(rounds: rounds, sample: sample) }
        try FoldForest.together(Array(forests.dropFirst(task.foldCount))) { $0.finish(rounds: rounds, sample: []) }
        let parts = Double(task.partitions.count)
        for forest in forests {
            for (place, margin) in zip(forest.places, forest.outOfFold) { margins[place] += Double(margin) / parts }
        }
        return CrossResult(margins: margins, foldMargins: first.map { $0.sampleMargins.map(Double.init) })
    }
}
