/// What one kind of model says about rows that it wasn't trained on.
struct CrossResult: Sendable {
    /// For each of the task's rows; the mean over the partitions.
    var margins: [Double]
    /// For each fold of the first partition the margins of the task's sample by the model that didn't see the fold.
    var foldMargins: [[Double]]

    /// What a model is chosen by. How high a stretch of time stands can't be told from the others, and calibration sees to
    /// it: so where there is an order, each stretch is lifted to its own rate first, and only what tells its rows apart is
    /// judged.
    func judged(_ task: LearningTask) -> [Double] {
        guard let stretches = task.stretches else { return margins }
        var judged = margins
        for stretch in 0..<task.foldCount {
            let places = stretches.indices.filter { stretches[$0] == stretch }
            let level = LogLoss.level(
                over: places.map { margins[$0] },
                positives: places.count { task.data.labels[task.rows[$0]] })
            for place in places { judged[place] += level }
        }
        return judged
    }

    func logLoss(_ task: LearningTask) -> Double {
        LogLoss.mean(judged(task), task.rows.map { task.data.labels[$0] })
    }
}
