import Learning
import Testing

struct ReferenceQuantilesTests {
    @Test(arguments: [(-1.0, 0.0), (0, 12.5), (0.5, 25), (1, 50), (2, 87.5), (3, 100)])
    func `a score is the share below and half the share equal`(margin: Double, score: Double) {
        let reference = ReferenceQuantiles(margins: [1, 0, 2, 1])
        #expect(reference.score(ofMargin: margin) == score)
    }

    @Test func `the margin at a score is the first that reaches it`() {
        let reference = ReferenceQuantiles(margins: (0..<100).map(Double.init))
        #expect(reference.margin(atScore: 80) == 80)
        #expect(reference.score(ofMargin: 79) < 80 && reference.score(ofMargin: 80) >= 80)
        #expect(reference.margin(atScore: 100) == 99)
    }

    @Test func `many margins are merged and keep their ranks`() {
        var generator = SplitMix64(seed: 1)
        let margins = (0..<50_000).map { _ in Double.random(in: -5...5, using: &generator) }
        let reference = ReferenceQuantiles(margins: margins)
        #expect(reference.points.count <= ReferenceQuantiles.maximumPoints && reference.points.count > 4_000)
        #expect(reference.total == margins.count)
        let sorted = margins.sorted()
        for place in stride(from: 0, to: margins.count, by: 997) {
            let exact = 100 * (Double(place) + 0.5) / Double(margins.count)
            #expect(abs(reference.score(ofMargin: sorted[place]) - exact) < 0.03)
        }
    }

    @Test func `stored points must ascend and count`() {
        #expect(ReferenceQuantiles(points: [0, 1], counts: [1, 2])?.total == 3)
        #expect(ReferenceQuantiles(points: [1, 1], counts: [1, 2]) == nil)
        #expect(ReferenceQuantiles(points: [1], counts: [0]) == nil)
        #expect(ReferenceQuantiles(points: [.nan], counts: [1]) == nil)
        #expect(ReferenceQuantiles(points: [], counts: []) == nil)
        #expect(ReferenceQuantiles(points: [1, 2], counts: [.max, .max]) == nil)
    }
}
