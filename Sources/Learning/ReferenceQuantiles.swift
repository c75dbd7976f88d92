/// The margins of the population that the model was measured on: what `ml_score` ranks a lead against.
public struct ReferenceQuantiles: Sendable, Hashable {
    /// More distinct margins than this are merged; a merged point moves a score by at most 100 / 4,096 = 0.025.
    public static let maximumPoints = 4_096

    /// Strictly ascending.
    public let points: [Double]
    /// Rows at each point, at least 1.
    public let counts: [Int]
    /// `below[i]`: rows before point i; the last entry is the total.
    private let below: [Int]

    /// - Precondition: at least one margin, none NaN.
    public init(margins: [Double]) {
        precondition(!margins.isEmpty && !margins.contains(where: \.isNaN), "a reference has margins")
        var points: [Double] = []
        var counts: [Int] = []
        for margin in margins.sorted() {
            if margin == points.last { counts[counts.count - 1] += 1 } else { points.append(margin); counts.append(1) }
        }
        if points.count > Self.maximumPoints { (points, counts) = Self.merged(points, counts, total: margins.count) }
        self.init(validated: points, counts)
    }

    /// As stored; nil unless the points ascend strictly and every count is at least 1.
    public init?(points: [Double], counts: [Int]) {
        guard !points.isEmpty, points.count == counts.count, points.count <= Self.maximumPoints,
            points.allSatisfy(\.isFinite), zip(points, points.dropFirst()).allSatisfy({ $0 < $1 }),
            counts.allSatisfy({ (1...1 << 40).contains($0) })
        else { return nil }
        self.init(validated: points, counts)
    }

    private init(validated points: [Double], _ counts: [Int]) {
        self.points = points
        self.counts = counts
        var below = [0]
        below.reserveCapacity(points.count + 1)
        for count in counts { below.append(below[below.count - 1] + count) }
        self.below = below
    }

    public var total: Int { below[below.count - 1] }

    /// 100 × (share of the reference below + half the share equal), 0...100.
    public func score(ofMargin margin: Double) -> Double {
        let index = firstPoint(notBelow: margin)
        let equal = index < points.count && points[index] == margin ? counts[index] : 0
        return 100 * (Double(below[index]) + Double(equal) / 2) / Double(total)
    }

    /// The smallest reference margin whose score is at least `score`; the largest margin where none is.
    public func margin(atScore score: Double) -> Double {
        for (index, point) in points.enumerated()
        where 100 * (Double(below[index]) + Double(counts[index]) / 2) / Double(total) >= score { return point }
        return points[points.count - 1]
    }

    private func firstPoint(notBelow margin: Double) -> Int {
        var lower = 0
        var upper = points.count
        while lower < upper {
            let middle = (lower + upper) / 2
            if points[middle] < margin { lower = middle + 1 } else { upper = middle }
        }
        return lower
    }

    /// Groups of equal weight, each at its largest margin.
    private static func merged(_ points: [Double], _ counts: [Int], total: Int) -> ([Double], [Int]) {
        var mergedPoints: [Double] = []
        var mergedCounts: [Int] = []
        var pending = 0
        var seen = 0
        for (index, point) in points.enumerated() {
            pending += counts[index]
            seen += counts[index]
            let due = (mergedPoints.count + 1) * total / maximumPoints
            guard seen >= due || index == points.count - 1 else { continue }
            mergedPoints.append(point)
            mergedCounts.append(pending)
            pending = 0
        }
        return (mergedPoints, mergedCounts)
    }
}
