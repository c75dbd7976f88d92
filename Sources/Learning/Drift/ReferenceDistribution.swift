/// How one feature was spread over the rows that a model was measured on: what drift is told from. A few dozen numbers.
public struct ReferenceDistribution: Sendable, Hashable {
    public enum Bins: Sendable, Hashable {
        /// Strictly ascending. A value falls into the bin numbered by the bounds that it reaches: below the first into 0.
        case numbers(bounds: [Float])
        /// Codes of a category or a boolean that have a bin of their own, ascending; all other codes share one more.
        case levels(codes: [Int32])
    }

    /// Of a number: tenths of the reference rows.
    public static let numberBins = 10
    /// Of a category: the most frequent codes that have a bin of their own.
    public static let maximumLevels = 20

    public let bins: Bins
    /// Rows in each bin of values; the last bin of levels holds all codes without a bin.
    public let counts: [Int]
    /// Rows without a value.
    public let missing: Int
    /// Rows with a value that the model has no code for, such as a rare category.
    public let unseen: Int

    public var total: Int { counts.reduce(missing + unseen, +) }
    public var missingShare: Double { Double(missing) / Double(total) }
    public var unseenShare: Double { Double(unseen) / Double(total) }

    /// As stored; nil unless the bounds or codes ascend, there is a count a bin, and rows at all.
    public init?(bins: Bins, counts: [Int], missing: Int, unseen: Int) {
        let limit = 0...1 << 40
        guard limit.contains(missing), limit.contains(unseen), counts.allSatisfy(limit.contains) else { return nil }
        switch bins {
        case .numbers(let bounds):
            guard bounds.count < Self.numberBins, bounds.allSatisfy(\.isFinite),
                zip(bounds, bounds.dropFirst()).allSatisfy({ $0 < $1 }), counts.count == bounds.count + 1
            else { return nil }
        case .levels(let codes):
            guard codes.count <= Self.maximumLevels, codes.allSatisfy({ (0..<1 << 24).contains($0) }),
                zip(codes, codes.dropFirst()).allSatisfy({ $0 < $1 }), counts.count == codes.count + 1
            else { return nil }
        }
        guard counts.reduce(missing + unseen, +) > 0 else { return nil }
        self.init(validated: bins, counts, missing, unseen)
    }

    private init(validated bins: Bins, _ counts: [Int], _ missing: Int, _ unseen: Int) {
        self.bins = bins
        self.counts = counts
        self.missing = missing
        self.unseen = unseen
    }

    /// Of a number: up to ten bins that hold as many rows each; a number with at most ten values has a bin for each.
    ///
    /// - Parameters:
    ///   - values: one a row, NaN where there is none.
    ///   - unseen: how many of the NaN stand for a cell that could not be read.
    /// - Precondition: at least one value, `unseen` at most the NaN among them.
    public init(numbers values: [Float], unseen: Int = 0) {
        let known = values.filter { !$0.isNaN }.sorted()
        var distinct: [Float] = []
        for value in known where value != distinct.last {
            distinct.append(value)
            if distinct.count > Self.numberBins { break }
        }
        var bounds: [Float] = []
        if distinct.count <= Self.numberBins {
            bounds = distinct.dropFirst().filter(\.isFinite)
        } else {
            for tenth in 1..<Self.numberBins {
                let bound = known[known.count * tenth / Self.numberBins]
                if bound > known[0], bound.isFinite, bounds.last.map({ bound > $0 }) ?? true { bounds.append(bound) }
            }
        }
        var counts = [Int](repeating: 0, count: bounds.count + 1)
        var bin = 0
        for value in known {
            while bin < bounds.count, value >= bounds[bin] { bin += 1 }
            counts[bin] += 1
        }
        let empty = values.count - known.count
        precondition(!values.isEmpty && (0...empty).contains(unseen), "an unseen value is NaN in its row")
        self.init(validated: .numbers(bounds: bounds), counts, empty - unseen, unseen)
    }

    /// Of a category or a boolean: a bin for each of the most frequent codes.
    ///
    /// - Parameters:
    ///   - values: a code a row, NaN where there is none.
    ///   - unseen: how many of the NaN stand for a value without a code.
    /// - Precondition: at least one value, `unseen` at most the NaN among them.
    public init(levels values: [Float], unseen: Int = 0) {
        var frequency: [Int32: Int] = [:]
        var others = 0
        var empty = 0
        for value in values {
            if value.isNaN {
                empty += 1
            } else if let code = Self.code(of: value) {
                frequency[code, default: 0] += 1
            } else {
                others += 1
            }
        }
        let ranked = frequency.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let codes = ranked.prefix(Self.maximumLevels).map(\.key).sorted()
        others += ranked.dropFirst(Self.maximumLevels).reduce(0) { $0 + $1.value }
        precondition(!values.isEmpty && (0...empty).contains(unseen), "an unseen value is NaN in its row")
        self.init(
            validated: .levels(codes: codes), codes.map { frequency[$0] ?? 0 } + [others], empty - unseen, unseen)
    }

    /// Of margins, from the quantiles that an artifact keeps of them: ten bins of about equal weight.
    public init(margins: ReferenceQuantiles) {
        var bounds: [Float] = []
        var counts: [Int] = []
        var pending = 0
        var seen = 0
        for (index, point) in margins.points.enumerated() {
            pending += margins.counts[index]
            seen += margins.counts[index]
            let due = (counts.count + 1) * margins.total / Self.numberBins
            // A merged point stands for the rows up to it: the next bin starts just above.
            let bound = Float(point).nextUp
            guard seen >= due, index < margins.points.count - 1, counts.count < Self.numberBins - 1,
                bound.isFinite, bounds.last.map({ bound > $0 }) ?? true
            else { continue }
            bounds.append(bound)
            counts.append(pending)
            pending = 0
        }
        self.init(validated: .numbers(bounds: bounds), counts + [pending], 0, 0)
    }

    /// The bin of a value among ``counts``; `counts.count` for a missing one.
    public func bin(of value: Float) -> Int {
        if value.isNaN { return counts.count }
        switch bins {
        case .numbers(let bounds): return bounds.count { value >= $0 }
        case .levels(let codes): return Self.code(of: value).flatMap(codes.firstIndex) ?? codes.count
        }
    }

    /// A category's value as a code; nil for what is none.
    static func code(of value: Float) -> Int32? { value >= 0 && value < 16_777_216 ? Int32(value) : nil }
}
