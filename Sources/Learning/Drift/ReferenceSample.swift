/// Collects rows for the distributions of a model's features, in memory that doesn't grow with them: when it is full,
/// every second row goes, and from then on only every second, fourth, … row is taken. No chance is involved.
public struct ReferenceSample: Sendable {
    /// Values kept at most, 16 MB; a table of 28 columns keeps up to 65,536 rows.
    static let maximumValues = 1 << 22
    static let maximumRows = 1 << 16

    private let width: Int
    private let capacity: Int
    private var values: [Float] = []
    /// For each row kept the positions of values without a code; most rows have none.
    private var unseen: [[Int]] = []
    private var step = 1
    private var offered = 0

    /// For rows of `width` features.
    public init(width: Int) {
        self.width = width
        capacity = max(1_024, min(Self.maximumRows, Self.maximumValues / max(1, width)))
    }

    public var rows: Int { unseen.count }

    /// One row as the forest reads it; `unseen` are the positions of values that the model has no code for.
    public mutating func add(row: Span<Float>, unseen positions: [Int] = []) {
        precondition(row.count == width, "a row has a value a feature")
        defer { offered += 1 }
        guard offered % step == 0 else { return }
        if rows == capacity {
            thin()
            guard offered % step == 0 else { return }
        }
        for position in 0..<width { values.append(row[position]) }
        unseen.append(positions)
    }

    /// One distribution a feature; `isCategory` says by position which are codes. nil without rows.
    public func distributions(isCategory: [Bool]) -> [ReferenceDistribution]? {
        precondition(isCategory.count == width, "a flag a feature")
        guard rows > 0 else { return nil }
        var strange = [Int](repeating: 0, count: width)
        for (row, positions) in unseen.enumerated() {
            for position in Set(positions) where values[row * width + position].isNaN { strange[position] += 1 }
        }
        return (0..<width).map { column in
            let own = (0..<rows).map { values[$0 * width + column] }
            return isCategory[column]
                ? ReferenceDistribution(levels: own, unseen: strange[column])
                : ReferenceDistribution(numbers: own, unseen: strange[column])
        }
    }

    private mutating func thin() {
        let kept = stride(from: 0, to: rows, by: 2)
        values = kept.flatMap { values[$0 * width..<($0 + 1) * width] }
        unseen = kept.map { unseen[$0] }
        step *= 2
    }
}

extension ModelSchema {
    /// By feature in model order: whether its values are codes (categories and booleans) rather than numbers.
    public var codedFeatures: [Bool] {
        table(raw: false).columns.map { column in
            switch column.kind {
            case .category, .boolean: true
            case .number, .date: false
            }
        }
    }
}
