import Synchronization

/// Counts durations in buckets of at most 1/16 of their size, by atomic increments: any thread, no lock.
///
/// 16 buckets an octave from 1 ns to 18 minutes; longer ones count in the last. Two kinds of window: since start, and
/// the last minute in slices of ten seconds. When a slice is taken over for a new period, increments that race with its
/// clearing may be lost: at most a handful every ten seconds.
public final class LatencyHistogram: Sendable {
    private static let bucketCount = 600
    private static let sliceSeconds: Int64 = 10
    /// Six full slices and the one being filled.
    private static let sliceCount = 7

    private struct Counts: ~Copyable, Sendable {
        var buckets = InlineArray<600, Atomic<UInt32>> { _ in Atomic(0) }
        let nanoseconds = Atomic<UInt64>(0)
        let largest = Atomic<UInt64>(0)
        /// The period that a slice counts, in units of ten seconds.
        let period = Atomic<Int64>(-1)
    }

    private let total = Counts()
    private let slices = InlineArray<7, Counts> { _ in Counts() }

    public init() {}

    /// - Parameters:
    ///   - duration: negative counts as zero.
    ///   - elapsed: since the process's start, by a monotonic clock; places the value in the last minute.
    public func record(_ duration: Duration, elapsed: Duration) {
        let (seconds, attoseconds) = duration.components
        let nanoseconds = UInt64(max(0, seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000))
        let period = elapsed.components.seconds / Self.sliceSeconds
        let slice = Int(period % Int64(Self.sliceCount))
        let known = slices[slice].period.load(ordering: .relaxed)
        if known != period,
            slices[slice].period.compareExchange(expected: known, desired: period, ordering: .relaxed).exchanged
        {
            Self.clear(slices[slice])
        }
        Self.add(nanoseconds, to: total)
        Self.add(nanoseconds, to: slices[slice])
    }

    /// Everything since start.
    public func sinceStart() -> LatencySummary {
        var merged = Merged()
        merged.add(total)
        return merged.summary
    }

    /// The last 60 to 70 seconds before `elapsed`.
    public func lastMinute(elapsed: Duration) -> LatencySummary {
        let period = elapsed.components.seconds / Self.sliceSeconds
        var merged = Merged()
        for slice in 0..<Self.sliceCount {
            let counted = slices[slice].period.load(ordering: .relaxed)
            if counted > period - Int64(Self.sliceCount), counted <= period { merged.add(slices[slice]) }
        }
        return merged.summary
    }

    private static func add(_ nanoseconds: UInt64, to counts: borrowing Counts) {
        counts.buckets[bucket(nanoseconds)].add(1, ordering: .relaxed)
        counts.nanoseconds.add(nanoseconds, ordering: .relaxed)
        counts.largest.max(nanoseconds, ordering: .relaxed)
    }

    private static func clear(_ counts: borrowing Counts) {
        for bucket in 0..<bucketCount { counts.buckets[bucket].store(0, ordering: .relaxed) }
        counts.nanoseconds.store(0, ordering: .relaxed)
        counts.largest.store(0, ordering: .relaxed)
    }

    /// 0...15 stand for themselves; above, four bits after the leading one choose within the octave.
    private static func bucket(_ nanoseconds: UInt64) -> Int {
        guard nanoseconds >= 16 else { return Int(nanoseconds) }
        let exponent = 63 - nanoseconds.leadingZeroBitCount
        return min(bucketCount - 1, (exponent - 3) * 16 + Int(nanoseconds >> UInt64(exponent - 4)) - 16)
    }

    /// The middle of a bucket, in nanoseconds.
    private static func middle(of bucket: Int) -> Double {
        guard bucket >= 16 else { return Double(bucket) }
        let exponent = bucket / 16 + 3
        return Double(UInt64(16 + bucket % 16) << UInt64(exponent - 4)) + Double(UInt64(1) << UInt64(exponent - 4)) / 2
    }

    private struct Merged {
        var buckets = [UInt64](repeating: 0, count: bucketCount)
        var nanoseconds: UInt64 = 0
        var largest: UInt64 = 0

        mutating func add(_ counts: borrowing Counts) {
            for bucket in 0..<bucketCount { buckets[bucket] += UInt64(counts.buckets[bucket].load(ordering: .relaxed)) }
            nanoseconds += counts.nanoseconds.load(ordering: .relaxed)
            largest = max(largest, counts.largest.load(ordering: .relaxed))
        }

        var summary: LatencySummary {
            let count = buckets.reduce(0, +)
            guard count > 0 else { return LatencySummary() }
            func quantile(_ share: Double) -> Double {
                let rank = max(1, UInt64((share * Double(count)).rounded(.up)))
                var seen: UInt64 = 0
                for (bucket, value) in buckets.enumerated() {
                    seen += value
                    if seen >= rank { return min(middle(of: bucket), Double(largest)) / 1e6 }
                }
                return Double(largest) / 1e6
            }
            return LatencySummary(
                count: Int(count), meanMilliseconds: Double(nanoseconds) / Double(count) / 1e6,
                p50Milliseconds: quantile(0.5), p95Milliseconds: quantile(0.95), p99Milliseconds: quantile(0.99),
                largestMilliseconds: Double(largest) / 1e6)
        }
    }
}

/// Measured latencies of one window; all 0 where nothing was measured.
public struct LatencySummary: Sendable, Hashable {
    public var count = 0
    public var meanMilliseconds = 0.0
    public var p50Milliseconds = 0.0
    public var p95Milliseconds = 0.0
    public var p99Milliseconds = 0.0
    public var largestMilliseconds = 0.0
}
