import Learning

/// Tries models of every kind on rows that they weren't fitted to, while the budget lasts, and blends the best.
struct CandidateSearch {
    let task: LearningTask
    let budget: Duration
    let least: Duration

    /// How much of the prior the candidates may start from, where there is one: the blend finds what lies between.
    static let priorShares = [0.0, 1]

    init(task: LearningTask, options: TrainingOptions) {
        self.task = task
        budget = options.budget
        least = options.leastBudget
    }

    /// Parts of a blend, judged again by the folds of this task: the same settings, rounds and weights on other rows.
    func again(_ blend: Blend, progress: (TrainingProgress) -> Void) throws(TableError) -> Blend {
        let total = blend.parts.reduce(0) { sum, part in
            if case .boosted(_, let rounds) = part.member.kind { sum + rounds } else { sum }
        }
        var done = 0
        var results: [CrossResult] = []
        for (member, _) in blend.parts {
            switch member.kind {
            case .constant: results.append(constant(priorShare: member.priorShare))
            case .scorecard(let penalty):
                let validation = ScorecardValidation(task: task, priorShare: member.priorShare)
                results.append(validation.run(penalty: penalty) {}.result)
            case .boosted(let settings, let rounds):
                let validation = CrossValidation(task: task, settings: settings, priorShare: member.priorShare)
                let before = done
                let (_, result) = try validation.run(fixedRounds: rounds) { rounds in
                    done = before + rounds
                    progress(
                        TrainingProgress(stage: "training on all rows", done: done, total: total, unit: "rounds"))
                }
                results.append(result)
            }
        }
        return Blend(parts: blend.parts, results: results)
    }

    /// The base rate or the prior alone.
    private func constant(priorShare: Double) -> CrossResult {
        var margins = [Double](repeating: 0, count: task.rows.count)
        var foldMargins: [[Double]] = []
        let sample = task.sample
        for partition in task.partitions.indices {
            for fold in 0..<task.foldCount {
                let (inside, outside) = task.places(partition: partition, fold: fold)
                let base = task.base(priorShare: priorShare, fittedTo: outside.map { task.rows[$0] })
                for place in inside {
                    margins[place] += base.margin(row: task.rows[place]) / Double(task.partitions.count)
                }
                if partition == 0 { foldMargins.append(sample.map { base.margin(row: $0) }) }
            }
        }
        return CrossResult(margins: margins, foldMargins: foldMargins)
    }

    /// The blend, and how many settings of forests were tried.
    func run(progress: (TrainingProgress) -> Void) throws(TableError) -> (blend: Blend, tried: Int) {
        var clock = SearchClock(budget: budget, least: least)
        var candidates: [(member: Blend.Member, result: CrossResult)] = []
        for share in task.prior == nil ? [0] : Self.priorShares {
            candidates.append((Blend.Member(kind: .constant, priorShare: share), constant(priorShare: share)))
            let validation = ScorecardValidation(task: task, priorShare: share)
            var done = 0
            let (penalty, result) = validation.run {
                done += 1
                progress(
                    TrainingProgress(
                        stage: "scorecard", done: done, total: ScorecardValidation.penalties.count, unit: "fits"))
            }
            candidates.append((Blend.Member(kind: .scorecard(penalty: penalty), priorShare: share), result))
        }
        let losses = candidates.map { $0.result.logLoss(task) }
        let best = losses.indices.min { losses[$0] < losses[$1] } ?? 0
        let share = candidates[best].member.priorShare

        let hasCategories = task.data.columns.contains { $0.kind == .category && $0.vocabulary.count > 2 }
        // An order of levels by rate can't hold the levels that only the prior knows.
        let settings = BoosterSettings.candidates(
            rows: task.rows.count, hasCategories: hasCategories && task.prior == nil)
        // A forest that owes the prior nothing competes too.
        var list = settings.map { (settings: $0, share: share) }
        if share > 0 { list.insert((settings[0], 0), at: 1) }
        var roundsDone = 0
        clock.beginForests()
        for (number, candidate) in list.enumerated() {
            guard clock.allowsAnother else { break }
            let validation = CrossValidation(task: task, settings: candidate.settings, priorShare: candidate.share)
            let before = roundsDone
            let (rounds, result) = try validation.run(isLate: { number == 0 && clock.firstIsLate }) { rounds in
                roundsDone = before + rounds
                // About as many rounds as those before; the first has nothing to compare with.
                let total = number == 0 ? nil : max(before / number, rounds) * (list.count - number) + before
                progress(
                    TrainingProgress(
                        stage: "settings \(number + 1) of \(list.count)", done: roundsDone, total: total,
                        unit: "rounds"))
            }
            candidates.append(
                (
                    Blend.Member(kind: .boosted(candidate.settings, rounds: rounds), priorShare: candidate.share),
                    result
                ))
            clock.finishOne()
        }
        let tried = candidates.count { $0.member.isBoosted }
        let labels = task.rows.map { task.data.labels[$0] }
        return (Blend(choosingFrom: candidates, labels: labels) { $0.judged(task) }, tried)
    }
}
