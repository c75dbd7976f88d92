import Forest
import Testing

@testable import Learning

struct DriftTests {
    // MARK: Bins

    @Test func `a number of few values has a bin for each, one of many has tenths`() {
        let few = ReferenceDistribution(numbers: [3, 1, 1, 2, .nan, 3, 3], unseen: 0)
        #expect(few.bins == .numbers(bounds: [2, 3]) && few.counts == [2, 1, 3] && few.missing == 1)
        let many = ReferenceDistribution(numbers: (0..<1_000).map { Float($0) })
        #expect(many.bins == .numbers(bounds: (1..<10).map { Float($0 * 100) }))
        #expect(many.counts == Array(repeating: 100, count: 10))
        // Six in ten are zero: one bin holds them all, and no bound stands twice.
        let heavy = ReferenceDistribution(numbers: (0..<1_000).map { max(0, Float($0) - 600) })
        #expect(heavy.counts.reduce(0, +) == 1_000 && heavy.counts[0] >= 600 && heavy.counts.count == 4)
        let infinite = ReferenceDistribution(numbers: [-.infinity, 1, .infinity])
        #expect(infinite.counts.reduce(0, +) == 3)
        #expect(ReferenceDistribution(bins: infinite.bins, counts: infinite.counts, missing: 0, unseen: 0) == infinite)
    }

    @Test func `frequent levels have a bin each, the others share one`() {
        let values = (0..<30).flatMap { Array(repeating: Float($0), count: 30 - $0) } + [.nan, .nan]
        let distribution = ReferenceDistribution(levels: values, unseen: 1)
        #expect(distribution.bins == .levels(codes: (0..<20).map(Int32.init)))
        #expect(distribution.counts.count == 21 && distribution.counts[20] == (1...10).reduce(0, +))
        #expect(distribution.missing == 1 && distribution.unseen == 1 && distribution.total == values.count)
    }

    @Test func `quantiles of margins make ten bins of equal weight, merged ones too`() {
        for count in [1_000, 60_000] {
            let margins = (0..<count).map { Double(Float($0) / 1_000) }
            let distribution = ReferenceDistribution(margins: ReferenceQuantiles(margins: margins))
            #expect(distribution.counts.count == 10 && distribution.total == count)
            #expect(distribution.counts.allSatisfy { abs($0 - count / 10) <= max(1, count / 4_000) })
        }
        let single = ReferenceDistribution(margins: ReferenceQuantiles(margins: [1, 1, 1]))
        #expect(single.counts == [3])
    }

    @Test func `a sample keeps every row of a small table, and an even share of a large one`() throws {
        var small = ReferenceSample(width: 2)
        for row in 0..<100 {
            small.add(row: [Float(row), row % 4 == 0 ? .nan : 1].span, unseen: row % 8 == 0 ? [1] : [])
        }
        let distributions = try #require(small.distributions(isCategory: [false, true]))
        #expect(distributions[0].total == 100 && distributions[1].missing == 12 && distributions[1].unseen == 13)
        var large = ReferenceSample(width: 1)
        for row in 0..<200_000 { large.add(row: [Float(row)].span) }
        #expect((32_768...65_536).contains(large.rows))
        let spread = try #require(large.distributions(isCategory: [false])?.first)
        guard case .numbers(let bounds) = spread.bins else { return }
        for (tenth, bound) in bounds.enumerated() { #expect(abs(bound - Float(tenth + 1) * 20_000) < 20) }
    }

    // MARK: The index

    /// By hand in Python: p = (c + .5) / (n + .5 k); sum((q - p) * log(q / p)), numpy 2.
    @Test func `the index equals the one computed elsewhere`() {
        let stability = PopulationStability(then: [400, 300, 200, 100], now: [100, 200, 300, 400])
        #expect(close(stability.psi, 0.9086430387737503))
        #expect(close(stability.noise, 3 * 2.0 / 1_000))
        #expect(stability.verdict == .act)
        let empty = PopulationStability(then: [500, 500, 0, 0], now: [480, 500, 20, 0])
        #expect(close(empty.psi, 0.07497458686069368))
        #expect(empty.verdict == .ok)
        #expect(PopulationStability(then: [500, 300, 200], now: [300, 300, 400]).verdict == .watch)
    }

    @Test func `too few rows get no verdict`() {
        #expect(PopulationStability(then: [500, 500], now: [30, 0]).verdict == .unknown)
        #expect(PopulationStability(then: [40, 40], now: [5_000, 0]).verdict == .unknown)
        #expect(PopulationStability(then: [0, 0], now: [0, 0]).verdict == .unknown)
    }

    /// Without change the index must stay silent: 400 windows of 200 and of 2,000 rows of the reference's own law.
    @Test(arguments: [200, 2_000])
    func `chance alone raises no alarm`(rows: Int) {
        var generator = SplitMix64(seed: 7)
        let then = Array(repeating: 300, count: 10)
        var alarms = 0
        var sum = 0.0
        for _ in 0..<400 {
            var now = [Int](repeating: 0, count: 10)
            for _ in 0..<rows { now[generator.index(below: 10)] += 1 }
            let stability = PopulationStability(then: then, now: now)
            sum += stability.psi
            if stability.verdict != .ok { alarms += 1 }
        }
        // The reference is exact here, so only the window's share of the noise is seen.
        #expect(abs(sum / 400 - 9.0 / Double(rows)) < 0.15 * 9.0 / Double(rows))
        #expect(alarms <= 4)
    }

    // MARK: The window

    private static func artifact(_ change: (inout ModelArtifact.Parts) -> Void = { _ in }) throws -> ModelArtifact {
        var parts = ArtifactFactory.parts()
        parts.distributions = [
            ReferenceDistribution(numbers: (0..<500).map { $0 < 50 ? .nan : Float($0 % 10) }),
            ReferenceDistribution(levels: (0..<500).map { $0 < 300 ? .nan : Float($0 % 2) }, unseen: 10),
        ]
        parts.reference = ReferenceQuantiles(margins: (0..<500).map { Double($0 % 100) / 25 - 2 })
        change(&parts)
        return try ModelArtifact(forest: ArtifactFactory.forest(), parts: parts)
    }

    @Test func `the same rows are no drift, others are, and the report says which`() throws {
        let artifact = try Self.artifact()
        var same = DriftWindow(artifact)
        var moved = DriftWindow(artifact)
        for row in 0..<500 {
            let visits: Float = row < 50 ? .nan : Float(row % 10)
            let channel: Float = row < 300 ? .nan : Float(row % 2)
            same.add(row: [visits, channel].span, margin: Float(row % 100) / 25 - 2, unseen: row < 10 ? [1] : [])
            moved.add(row: [visits + 5, channel].span, margin: Float(row % 100) / 25 - 1, unseen: row < 100 ? [1] : [])
        }
        let quiet = same.report()
        #expect(quiet.rows == 500 && quiet.features.map(\.verdict) == [.ok, .ok])
        #expect(quiet.features[0].stability?.psi == 0 && quiet.features[1].stability?.psi == 0)
        #expect(quiet.features[0].missingShare == 0.1 && quiet.features[0].referenceMissingShare == 0.1)
        #expect(quiet.features[1].unseenShare == 0.02 && quiet.features[1].referenceUnseenShare == 0.02)
        #expect(quiet.features.map(\.weight) == [0.75, 0.25])
        let loud = moved.report()
        #expect(loud.features[0].verdict == .act && loud.verdict == .act && loud.moved.first?.name == "visits")
        #expect(loud.features[1].unseenShare == 0.2 && loud.features[1].missingShare == 0.4)
        #expect(quiet.score?.verdict == .ok && quiet.verdict == .ok && loud.score?.verdict == .act)
    }

    @Test func `windows merged are the window of all rows`() throws {
        let artifact = try Self.artifact()
        var whole = DriftWindow(artifact)
        var parts = [DriftWindow(artifact), DriftWindow(artifact)]
        var generator = SplitMix64(seed: 3)
        for row in 0..<700 {
            let values: [Float] = [Float(generator.index(below: 14)), row % 5 == 0 ? .nan : Float(row % 3)]
            whole.add(row: values.span, margin: Float(row) / 100)
            parts[row % 2].add(row: values.span, margin: Float(row) / 100)
        }
        var merged = parts[0]
        merged.merge(parts[1])
        #expect(merged.report() == whole.report())
        merged.removeAll()
        #expect(merged.rows == 0 && merged.report().verdict == .unknown)
    }

    @Test func `what the reference never saw has nothing to be compared with`() throws {
        let artifact = try Self.artifact { parts in
            parts.distributions?[0] = ReferenceDistribution(numbers: Array(repeating: .nan, count: 500))
        }
        var window = DriftWindow(artifact)
        for row in 0..<500 { window.add(row: [Float(row), 1].span, margin: 0) }
        let report = window.report()
        #expect(report.features[0].stability == nil && report.features[0].verdict == .unknown)
        #expect(report.features[0].missingShare == 0 && report.features[0].referenceMissingShare == 1)
    }

    @Test func `codes that nobody knows fall among the others, never outside`() throws {
        var window = DriftWindow(try Self.artifact())
        for code in [Float(77), -1, 1e9, .infinity] { window.add(row: [code, code].span, margin: code) }
        let report = window.report()
        #expect(report.rows == 4 && report.features[1].missingShare == 0)
    }

    @Test func `a feature that hardly matters does not raise the verdict of the whole`() throws {
        let artifact = try Self.artifact { parts in
            parts.support = [
                FeatureSupport(meanAbsoluteContribution: 0.01, missingShare: 0.1),
                FeatureSupport(meanAbsoluteContribution: 0.99, missingShare: 0.6),
            ]
        }
        var window = DriftWindow(artifact)
        for row in 0..<500 {
            let channel: Float = row < 300 ? .nan : Float(row % 2)
            window.add(
                row: [9, channel].span, margin: Float(row % 100) / 25 - 2, unseen: row < 10 ? [1] : [])
        }
        let report = window.report()
        #expect(report.features[0].verdict == .act && report.verdict == .ok && report.moved.isEmpty)
    }

    // MARK: In the artifact

    @Test func `distributions are kept in the artifact, and one without them keeps its bytes`() throws {
        let artifact = try Self.artifact()
        let copy = try ModelArtifact(serialized: artifact.serialized())
        #expect(copy.distributions == artifact.distributions && copy.sha256 == artifact.sha256)
        let old = try ArtifactFactory.artifact()
        #expect(try ModelArtifact(serialized: old.serialized()).distributions == nil)
        #expect(!String(decoding: old.serialized(), as: UTF8.self).contains("distributions"))
        var window = DriftWindow(old)
        for row in 0..<500 { window.add(row: [.nan, Float(row % 2)].span, margin: Float(row % 100) / 25 - 2) }
        let report = window.report()
        #expect(report.features.map(\.verdict) == [.unknown, .unknown] && report.score?.psi ?? 1 < 0.01)
        #expect(report.features[0].missingShare == 1 && report.features[0].referenceMissingShare == 0.1)
    }

    @Test(arguments: [
        ("\"bounds\":[", "\"bounds\":[99,"), ("\"missing\":50", "\"missing\":-1"), ("\"unseen\":10", "\"unseen\":1.5"),
        ("\"codes\":[0,1]", "\"codes\":[1,0]"), ("\"codes\":[0,1]", "\"codes\":[0,99999999999]"),
        ("\"distributions\":[", "\"distributions\":[null,"), ("\"bounds\":[1", "\"bounds\":[1e60"),
    ])
    func `a hostile distribution is refused`(find: String, replace: String) throws {
        let bytes = try Self.artifact().serialized()
        let manifestCount = (0..<8).reversed().reduce(0) { $0 << 8 | Int(bytes[44 + $1]) }
        let manifest = String(decoding: bytes[60..<60 + manifestCount], as: UTF8.self)
        try #require(manifest.contains(find))
        let changed = Array(manifest.replacing(find, with: replace, maxReplacements: 1).utf8)
        let hostile = HostileArtifact.sealed(manifest: changed, forest: Array(bytes[(60 + manifestCount)...]))
        let error = #expect(throws: ArtifactError.self) { try ModelArtifact(serialized: hostile) }
        #expect(error?.code == .invalidManifest, "\(String(describing: error))")
    }
}
