import Foundation
import Leads
import Learning

/// An additive model: each column's bins and levels have a weight, and the margin is their sum. A logistic regression over
/// one-hot cells whose neighbouring bins are held together, so that few rows give a smooth curve. One tree a column says
/// the same.
struct Scorecard: Sendable {
    /// How one column's cells fall into bins. The last bin is that of missing values.
    enum Binning: Sendable {
        /// Ascending; a value below the first lies in bin 0, one at or above `edges[i]` beyond bin i.
        case ordered(edges: [Float])
        case levels(Int)

        var count: Int {
            switch self {
            case .ordered(let edges): edges.count + 2
            case .levels(let count): count + 1
            }
        }

        func bin(of value: Float) -> Int {
            if value.isNaN { return count - 1 }
            switch self {
            case .levels: return Int(value)
            case .ordered(let edges):
                var low = 0
                var high = edges.count
                while low < high {
                    let middle = (low + high) / 2
                    if value < edges[middle] { high = middle } else { low = middle + 1 }
                }
                return low
            }
        }
    }

    let binnings: [Binning]
    /// By column, then by bin.
    private(set) var weights: [[Double]]
    private(set) var intercept = 0.0

    /// Bins of a number.
    private static let bins = 32
    private static let maximumSweeps = 60
    /// Weights that move less than this in a sweep are found.
    private static let tolerance = 3e-3
    /// Rows beyond this don't sharpen a few hundred weights.
    static let maximumRows = 50_000

    /// By column, then by row of the table: the bin of each cell.
    typealias Codes = [[Int16]]

    /// All weights 0.
    init(binnings: [Binning]) {
        self.binnings = binnings
        weights = binnings.map { [Double](repeating: 0, count: $0.count) }
    }

    /// Bins as `rows` show them. No label is looked at, so that folds may share them.
    static func binnings(_ data: EncodedTable, rows: [Int]) -> [Binning] {
        data.columns.indices.map { column in
            switch data.columns[column].kind {
            case .category, .boolean: .levels(max(1, data.columns[column].vocabulary.count))
            case .number, .date: .ordered(edges: edges(rows.map { data.values[column][$0] }))
            }
        }
    }

    private static func edges(_ cells: [Float]) -> [Float] {
        let sorted = cells.filter { !$0.isNaN }.sorted()
        guard let first = sorted.first else { return [] }
        var distinct: [Float] = []
        for value in sorted where value != distinct.last {
            distinct.append(value)
            if distinct.count > bins { break }
        }
        if distinct.count <= bins {
            return zip(distinct, distinct.dropFirst()).map { low, high in
                let middle = low / 2 + high / 2
                return middle > low ? middle : high
            }
        }
        var edges: [Float] = []
        for part in 1..<bins {
            let edge = sorted[sorted.count * part / bins]
            if edge > first, edge != edges.last { edges.append(edge) }
        }
        return edges
    }

    static func codes(_ data: EncodedTable, _ binnings: [Binning]) -> Codes {
        binnings.indices.map { column in
            (0..<data.rowCount).map { Int16(binnings[column].bin(of: data.learned(column, $0))) }
        }
    }

    /// Sum of the weights of a row; `base` is what the weights were fitted on top of.
    func margin(row: Int, codes: Codes, base: BaseMargin) -> Double {
        var margin = base.margin(row: row) + intercept
        for column in weights.indices { margin += weights[column][Int(codes[column][row])] }
        return margin
    }

    /// Newton's method, column after column, from where the weights stand. `penalty` is that of a squared weight.
    mutating func fit(
        codes: Codes, labels: [Bool], rows: [Int], base: BaseMargin, penalty: Double, directions: [Int]
    ) {
        let stride = max(1, (rows.count + Self.maximumRows - 1) / Self.maximumRows)
        let rows = Swift.stride(from: 0, to: rows.count, by: stride).map { rows[$0] }
        var state = ScorecardFit(
            margins: rows.map { margin(row: $0, codes: codes, base: base) },
            targets: rows.map { labels[$0] ? 1 : 0 })
        let columns = codes.map { column in rows.map { column[$0] } }
        for _ in 0..<Self.maximumSweeps {
            intercept += state.moveIntercept()
            var largest = 0.0
            for column in binnings.indices where binnings[column].count > 2 {
                let isOrdered = if case .ordered = binnings[column] { true } else { false }
                largest = max(
                    largest,
                    state.move(
                        &weights[column], codes: columns[column], penalty: penalty, isOrdered: isOrdered,
                        direction: directions[column]))
            }
            if largest < Self.tolerance { return }
        }
    }
}

/// The rows of one fit and their margins, which follow the weights.
private struct ScorecardFit {
    var margins: [Double]
    let targets: [Double]

    mutating func moveIntercept() -> Double {
        var gradient = 0.0
        var hessian = 1e-9
        for row in margins.indices {
            let p = LogLoss.logistic(margins[row])
            gradient += targets[row] - p
            hessian += p * (1 - p)
        }
        let step = min(1, max(-1, gradient / hessian))
        for row in margins.indices { margins[row] += step }
        return step
    }

    /// One Newton step for one column. Returns the largest change of a weight that rows have.
    mutating func move(
        _ weights: inout [Double], codes: [Int16], penalty: Double, isOrdered: Bool, direction: Int
    ) -> Double {
        let count = weights.count
        var gradient = [Double](repeating: 0, count: count)
        var hessian = gradient
        margins.withUnsafeBufferPointer { margins in
            targets.withUnsafeBufferPointer { targets in
                codes.withUnsafeBufferPointer { codes in
                    for row in 0..<codes.count {
                        let p = 1 / (1 + exp(-margins[row]))
                        let bin = Int(codes[row])
                        gradient[bin] += targets[row] - p
                        hessian[bin] += p * (1 - p)
                    }
                }
            }
        }
        let before = weights
        let penalties = BinPenalty(count: count, penalty: penalty, isOrdered: isOrdered)
        let steps = penalties.newtonSteps(weights, gradient: gradient, hessian: hessian)
        for bin in weights.indices { weights[bin] += min(1, max(-1, steps[bin])) }
        if direction != 0 { Monotone.project(&weights, upTo: count - 1, weights: hessian, rising: direction > 0) }
        let moved = zip(weights, before).map { $0 - $1 }
        margins.withUnsafeMutableBufferPointer { margins in
            for row in 0..<codes.count { margins[row] += moved[Int(codes[row])] }
        }
        return zip(moved, hessian).reduce(0) { $1.1 > 0 ? max($0, abs($1.0)) : $0 }
    }
}
