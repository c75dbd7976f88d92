import Learning

/// Which facts set a group apart from the one that is hot most often: by how much less (or more) each pushes its leads, on
/// average over the sampled rows. What stands here is where a difference comes from, or what stands for the group.
struct GroupDrivers: Sendable {
    struct Driver: Sendable {
        var name: String
        /// Mean SHAP of the group less that of the best group, calibrated log-odds; negative where it holds the group back.
        var push: Double
    }

    static let maximumShown = 3
    /// Fewer sampled rows of either group say nothing.
    static let minimumRows = 20

    private let sample: FactorSample
    private let codes: [UInt8]
    private let values: [String]
    private let names: [String]
    private let slope: Double

    init(_ sample: FactorSample, column: SliceColumn, artifact: ModelArtifact) {
        self.sample = sample
        codes = sample.numbers.map { column.codes[$0] }
        values = column.values
        names = artifact.schema.featureNames
        slope = artifact.calibration?.slope ?? 1
    }

    /// The facts that hold `group` back most against `best`; empty where too few rows were sampled.
    func drivers(of group: String, against best: String) -> [Driver] {
        guard let mine = means(of: group), let theirs = means(of: best) else { return [] }
        let pushes = zip(mine, theirs).map { slope * ($0 - $1) }
        return pushes.indices.filter { pushes[$0] < 0 }.sorted { (pushes[$0], $0) < (pushes[$1], $1) }
            .prefix(Self.maximumShown).map { Driver(name: names[$0], push: pushes[$0]) }
    }

    private func means(of group: String) -> [Double]? {
        guard let code = values.firstIndex(of: group) else { return nil }
        let rows = codes.indices.filter { Int(codes[$0]) == code }
        guard rows.count >= Self.minimumRows else { return nil }
        return (0..<sample.width).map { feature in
            rows.reduce(0) { $0 + Double(sample.shap[$1 * sample.width + feature]) } / Double(rows.count)
        }
    }
}
