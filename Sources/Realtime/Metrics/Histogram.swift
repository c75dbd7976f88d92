/// How often a duration occurred, in nanoseconds, to 6% (sixteen steps for each power of two, after HdrHistogram).
/// Fixed size, mergeable, no lock: it belongs to one loop.
struct Histogram: Sendable {
    private static let steps = 16
    private static let firstPower = 10  // below 1,024 ns all is one
    private static let lastPower = 36  // above 68 s likewise

    private var counts = [UInt64](repeating: 0, count: (lastPower - firstPower) * steps + 1)
    private(set) var count: UInt64 = 0
    private(set) var maximum: Int64 = 0
    private var sum = 0.0

    mutating func record(_ nanoseconds: Int64, times: Int = 1) {
        let value = max(0, nanoseconds)
        counts[Self.index(of: value)] += UInt64(times)
        count += UInt64(times)
        maximum = max(maximum, value)
        sum += Double(value) * Double(times)
    }

    mutating func merge(_ other: Histogram) {
        for index in counts.indices { counts[index] += other.counts[index] }
        count += other.count
        maximum = max(maximum, other.maximum)
        sum += other.sum
    }

    /// Nil while nothing was recorded.
    var mean: Double? { count == 0 ? nil : sum / Double(count) }

    /// The value that this share of all lies at or under: the upper edge of its step, never above the maximum.
    func quantile(_ share: Double) -> Double? {
        guard count > 0 else { return nil }
        let wanted = UInt64((share * Double(count)).rounded(.up))
        var seen: UInt64 = 0
        for (index, found) in counts.enumerated() {
            seen += found
            if seen >= max(1, wanted) { return min(Self.upperEdge(of: index), Double(maximum)) }
        }
        return Double(maximum)
    }

    private static func index(of value: Int64) -> Int {
        guard value >= 1 << firstPower else { return 0 }
        let power = 63 - value.leadingZeroBitCount
        guard power < lastPower else { return (lastPower - firstPower) * steps }
        let step = Int((value >> (power - 4)) & 15)
        return (power - firstPower) * steps + step
    }

    private static func upperEdge(of index: Int) -> Double {
        let power = firstPower + index / steps
        return Double(1 << power) * (1 + Double(index % steps + 1) / Double(steps))
    }
}
