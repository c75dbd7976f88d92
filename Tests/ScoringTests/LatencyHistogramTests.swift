import Testing

@testable import Scoring

@Suite struct LatencyHistogramTests {
    @Test(arguments: [1, 15, 16, 17, 31, 100, 999, 4_096, 65_537, 1_000_000, 123_456_789, 60_000_000_000])
    func `a quantile is within a sixteenth of the truth`(nanoseconds: Int) {
        let histogram = LatencyHistogram()
        for _ in 0..<10 { histogram.record(.nanoseconds(nanoseconds), elapsed: .zero) }
        let truth = Double(nanoseconds) / 1e6
        let summary = histogram.sinceStart()
        #expect(summary.count == 10)
        #expect(abs(summary.p50Milliseconds - truth) <= truth / 16)
        #expect(abs(summary.meanMilliseconds - truth) < truth * 1e-9)
        #expect(summary.largestMilliseconds == truth)
    }

    @Test func `quantiles of a known spread`() {
        let histogram = LatencyHistogram()
        for value in 1...1_000 { histogram.record(.microseconds(value), elapsed: .zero) }
        let summary = histogram.sinceStart()
        #expect(abs(summary.p50Milliseconds - 0.5) < 0.5 / 16)
        #expect(abs(summary.p95Milliseconds - 0.95) < 0.95 / 16)
        #expect(abs(summary.p99Milliseconds - 0.99) < 0.99 / 16)
    }

    @Test func `the last minute forgets, the total does not`() {
        let histogram = LatencyHistogram()
        histogram.record(.milliseconds(1), elapsed: .seconds(5))
        histogram.record(.milliseconds(2), elapsed: .seconds(30))
        #expect(histogram.lastMinute(elapsed: .seconds(31)).count == 2)
        #expect(histogram.lastMinute(elapsed: .seconds(64)).count == 2)
        #expect(histogram.lastMinute(elapsed: .seconds(71)).count == 1)
        #expect(histogram.lastMinute(elapsed: .seconds(200)).count == 0)
        #expect(histogram.sinceStart().count == 2)
        // A slice is used again after seventy seconds.
        histogram.record(.milliseconds(3), elapsed: .seconds(75))
        #expect(histogram.lastMinute(elapsed: .seconds(76)).count == 2)
    }

    @Test func `nothing measured is zero, and negative durations count as zero`() {
        let histogram = LatencyHistogram()
        #expect(histogram.sinceStart() == LatencySummary())
        histogram.record(.nanoseconds(-5), elapsed: .zero)
        #expect(histogram.sinceStart().count == 1)
        #expect(histogram.sinceStart().largestMilliseconds == 0)
    }

    @Test func `many threads lose nothing`() async {
        let histogram = LatencyHistogram()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { for _ in 0..<5_000 { histogram.record(.microseconds(10), elapsed: .seconds(1)) } }
            }
        }
        #expect(histogram.sinceStart().count == 40_000)
    }
}
