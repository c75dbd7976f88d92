/// What one kind of model says about rows that it wasn't trained on.
struct CrossResult: Sendable {
    /// For each of the task's rows; the mean over the partitions.
    var margins: [Double]
    /// For each fold of the first partition the margins of the task's sample by the model that didn't see the fold.
    var foldMargins: [[Double]]

    /// What a model is chosen by: each stretch of time lifted (``LearningTask/lift(of:at:)``).
    func judged(_ task: LearningTask) -> [Double] {
        guard let stretches = task.stretches else { return margins }
        var judged = margins
        for stretch in 0..<task.foldCount {
            let places = stretches.indices.filter { stretches[$0] == stretch }
            let lift = task.lift(of: places.map { margins[$0] }, at: places)
            for place in places { judged[place] += lift }
        }
        return judged
    }

    func logLoss(_ task: LearningTask) -> Double {
        LogLoss.mean(judged(task), task.rows.map { task.data.labels[$0] })
    }
}
