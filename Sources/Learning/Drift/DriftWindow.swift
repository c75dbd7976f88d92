/// Counts what comes in, bin by bin of a model's reference: one pass over a row, no allocation, a few kilobytes in all.
///
/// A value: whoever shares it between threads guards it, and gives each thread one to ``merge(_:)``. What is old is
/// forgotten by keeping several (one a day, say) and merging the newest for a report.
public struct DriftWindow: Sendable {
    private let layout: DriftLayout
    private var counts: [Int]
    /// Rows added.
    public private(set) var rows = 0

    /// An empty window. A model without distributions (made before they were kept) still gives missing and unseen shares,
    /// and the drift of its score.
    public init(_ artifact: ModelArtifact) {
        layout = DriftLayout(artifact)
        counts = Array(repeating: 0, count: layout.countOfCounts)
    }

    /// One scored row.
    ///
    /// - Parameters:
    ///   - row: as the forest saw it, NaN for missing, in model order.
    ///   - margin: of `row`.
    ///   - unseen: positions of values that the model has no code for; they are NaN in `row`.
    /// - Precondition: a value a feature.
    /// - Complexity: O(features).
    public mutating func add(row: Span<Float>, margin: Float, unseen: [Int] = []) {
        precondition(row.count == layout.features.count, "a row has a value a feature")
        for position in 0..<row.count {
            counts[layout.place(of: row[position], in: layout.features[position])] += 1
        }
        for position in unseen where row[position].isNaN {
            let feature = layout.features[position]
            counts[feature.missing] -= 1
            counts[feature.missing + 1] += 1
        }
        counts[layout.place(of: margin, in: layout.score)] += 1
        rows += 1
    }

    /// Adds what another window of the same model saw.
    public mutating func merge(_ other: DriftWindow) {
        precondition(layout === other.layout || layout.fits(other.layout), "windows of one model")
        for place in counts.indices { counts[place] += other.counts[place] }
        rows += other.rows
    }

    /// Empty again.
    public mutating func removeAll() {
        for place in counts.indices { counts[place] = 0 }
        rows = 0
    }

    /// What has changed since the reference.
    public func report() -> DriftReport {
        let features = layout.features.indices.map { position -> DriftReport.FeatureDrift in
            let feature = layout.features[position]
            let distribution = layout.distributions?[position]
            let missing = counts[feature.missing]
            let unseen = counts[feature.missing + 1]
            return DriftReport.FeatureDrift(
                name: layout.names[position],
                // A feature that the reference never had (masked, or not yet asked for) has nothing to be compared with.
                stability: distribution.flatMap {
                    $0.missing == $0.total ? nil : PopulationStability(then: $0.allCounts, now: slice(feature))
                },
                missingShare: rows > 0 ? Double(missing) / Double(rows) : 0,
                referenceMissingShare: distribution?.missingShare ?? layout.missingShares?[position],
                unseenShare: rows > 0 ? Double(unseen) / Double(rows) : 0,
                referenceUnseenShare: distribution?.unseenShare, weight: layout.weights?[position])
        }
        return DriftReport(
            rows: rows,
            score: layout.scoreDistribution.map { PopulationStability(then: $0.allCounts, now: slice(layout.score)) },
            features: features)
    }

    private func slice(_ feature: DriftLayout.Feature) -> [Int] { Array(counts[feature.first...feature.missing + 1]) }
}

extension ReferenceDistribution {
    /// Bins of values, then missing, then unseen.
    var allCounts: [Int] { counts + [missing, unseen] }
}

/// Where each feature's counts stand in a window, and what a report needs of the model. Made once, shared by its windows.
final class DriftLayout: Sendable {
    struct Feature: Sendable {
        /// Its first bin among the counts.
        var first: Int
        /// The bin of rows without a value; the next one is that of unseen values. The feature's last two.
        var missing: Int
        /// Bounds of a number among ``bounds``.
        var bounds: Range<Int>
        /// Codes of a category among ``binOfCode``; a code beyond has the last bin of values. nil for a number.
        var codes: Range<Int>?
    }

    let names: [String]
    let features: [Feature]
    let score: Feature
    let countOfCounts: Int
    let distributions: [ReferenceDistribution]?
    let scoreDistribution: ReferenceDistribution?
    /// Share of mean |SHAP| by feature; nil where it was not measured.
    let weights: [Double]?
    let missingShares: [Double]?
    private let bounds: [Float]
    private let binOfCode: [UInt8]

    init(_ artifact: ModelArtifact) {
        names = artifact.schema.featureNames
        distributions = artifact.distributions
        scoreDistribution = artifact.reference.map { ReferenceDistribution(margins: $0) }
        let total = artifact.support.reduce(0) { $0 + $1.meanAbsoluteContribution }
        weights = total > 0 ? artifact.support.map { $0.meanAbsoluteContribution / total } : nil
        missingShares = artifact.support.isEmpty ? nil : artifact.support.map(\.missingShare)
        var bounds: [Float] = []
        var binOfCode: [UInt8] = []
        var next = 0
        func feature(_ distribution: ReferenceDistribution?) -> Feature {
            let first = next
            var feature = Feature(first: first, missing: first + 1, bounds: bounds.count..<bounds.count, codes: nil)
            switch distribution?.bins {
            case .numbers(let own)?:
                feature.bounds = bounds.count..<bounds.count + own.count
                bounds += own
                feature.missing = first + own.count + 1
            case .levels(let own)?:
                // Codes up to the largest with a bin: at most the model's vocabulary, and bounded for hostile files.
                let last = min(own.last.map(Int.init) ?? -1, Self.maximumCode)
                var bins = [UInt8](repeating: UInt8(own.count), count: last + 1)
                for (bin, code) in own.enumerated() where Int(code) <= last { bins[Int(code)] = UInt8(bin) }
                feature.codes = binOfCode.count..<binOfCode.count + bins.count
                binOfCode += bins
                feature.missing = first + own.count + 1
            case nil: break
            }
            next = feature.missing + 2
            return feature
        }
        features = names.indices.map { feature(artifact.distributions?[$0]) }
        score = feature(scoreDistribution)
        countOfCounts = next
        self.bounds = bounds
        self.binOfCode = binOfCode
    }

    private static let maximumCode = 1 << 17

    /// The place among the counts that a value belongs to.
    func place(of value: Float, in feature: Feature) -> Int {
        if value.isNaN { return feature.missing }
        guard let codes = feature.codes else {
            var bin = feature.first
            for place in feature.bounds where value >= bounds[place] { bin += 1 }
            return bin
        }
        guard let code = ReferenceDistribution.code(of: value), Int(code) < codes.count else {
            return feature.missing - 1
        }
        return feature.first + Int(binOfCode[codes.lowerBound + Int(code)])
    }

    func fits(_ other: DriftLayout) -> Bool {
        names == other.names && distributions == other.distributions && scoreDistribution == other.scoreDistribution
    }
}
