import Forest
import Learning
import Training

/// Exact SHAP values of a sample of rows, kept until every row has gone by.
struct FactorSample: Sendable {
    static let maximumRows = 2_000
    private static let maximumValues = 1 << 21

    let width: Int
    private let step: Int
    /// Numbers of the rows taken, counted from 0.
    private(set) var numbers: [Int] = []
    private(set) var values: [Float] = []
    /// SHAP values in log-odds of the margin, row after row.
    private(set) var shap: [Float] = []

    var count: Int { width == 0 ? 0 : shap.count / width }

    /// Takes evenly spread rows of the `rows` that will come.
    init(_ artifact: ModelArtifact, rows: Int) {
        width = artifact.forest.featureCount
        let wanted = max(1, min(Self.maximumRows, Self.maximumValues / max(1, width)))
        step = max(1, (rows + wanted - 1) / wanted)
    }

    func takes(row number: Int) -> Bool { number % step == 0 }

    mutating func add(
        row: Span<Float>, number: Int, forest: Forest, scratch: ShapScratch
    ) throws(TableError) {
        var contributions = [Double](repeating: 0, count: width)
        do {
            var output = contributions.mutableSpan
            _ = try forest.explain(row, into: &output, scratch: scratch)
        } catch {
            throw TableError(.library, "this model can't be explained: \(error)")
        }
        numbers.append(number)
        for position in 0..<width {
            values.append(row[position])
            shap.append(Float(contributions[position]))
        }
    }
}

/// What moves the score most, and which way.
struct Factor: Sendable {
    enum Direction: String, Sendable {
        case higherRaises = "higher_raises"
        case higherLowers = "higher_lowers"
        case mixed
        /// A category: see its levels.
        case byLevel = "by_level"
    }

    struct Level: Sendable {
        var name: String
        /// Mean SHAP of the sampled rows with it, calibrated log-odds.
        var push: Double
    }

    /// One sampled row.
    struct Point: Sendable {
        /// SHAP in calibrated log-odds.
        var push: Float
        /// Place of the feature's value among the sampled ones, 0...1; nil for a category or a missing value.
        var place: Float?
    }

    static let maximumShown = 12
    /// A factor weaker than this share of the strongest is not worth a line.
    private static let leastStrength = 0.02
    /// A level is named only with so many sampled rows.
    private static let minimumLevelRows = 10

    var name: String
    /// A date, which the model reads as an age.
    var isDate: Bool
    /// Mean |SHAP|, calibrated log-odds.
    var strength: Double
    /// 90% interval of ``strength``, by the normal approximation over the sampled rows.
    var strengthInterval: ClosedRange<Double>
    var direction: Direction
    /// Of a category, strongest up first; empty for others.
    var levels: [Level]
    var points: [Point]

    /// The strongest factors first; those that hardly moved anything are left out.
    static func summary(_ sample: FactorSample, artifact: ModelArtifact) -> [Factor] {
        let slope = Float(artifact.calibration?.slope ?? 1)
        let columns = artifact.schema.table(raw: false).columns
        let coded = artifact.schema.codedFeatures
        let strengths = (0..<sample.width).map { feature in
            (0..<sample.count).reduce(0.0) { $0 + Double(abs(sample.shap[$1 * sample.width + feature] * slope)) }
                / Double(max(1, sample.count))
        }
        let least = (strengths.max() ?? 0) * leastStrength
        let order = strengths.indices.filter { strengths[$0] > 0 && strengths[$0] >= least }
            .sorted { (strengths[$1], $0) < (strengths[$0], $1) }
        return order.prefix(maximumShown).map { feature in
            let pushes = (0..<sample.count).map { sample.shap[$0 * sample.width + feature] * slope }
            let values = (0..<sample.count).map { sample.values[$0 * sample.width + feature] }
            let isCategory = coded[feature] && columns[feature].vocabulary.count > 2
            let places = isCategory ? values.map { _ in nil } : self.places(values)
            return Factor(
                name: columns[feature].name, isDate: columns[feature].kind.word == "date", strength: strengths[feature],
                strengthInterval: interval(of: pushes, mean: strengths[feature]),
                direction: isCategory ? .byLevel : direction(places, pushes),
                levels: coded[feature] ? levels(values, pushes, columns[feature].vocabulary) : [],
                points: zip(pushes, places).map { Point(push: $0, place: $1) })
        }
    }

    private static func interval(of pushes: [Float], mean: Double) -> ClosedRange<Double> {
        let count = Double(pushes.count)
        let squares = pushes.reduce(0.0) { $0 + (Double(abs($1)) - mean) * (Double(abs($1)) - mean) }
        let reach = count > 1 ? 1.6448536269514722 * (squares / (count - 1) / count).squareRoot() : 0
        return max(0, mean - reach)...mean + reach
    }

    /// For each value its mid-rank among the known ones, 0...1.
    private static func places(_ values: [Float]) -> [Float?] {
        let known = values.indices.filter { !values[$0].isNaN }.sorted { (values[$0], $0) < (values[$1], $1) }
        var places = [Float?](repeating: nil, count: values.count)
        var start = 0
        while start < known.count {
            var end = start
            while end < known.count, values[known[end]] == values[known[start]] { end += 1 }
            let place = known.count > 1 ? Float(start + end - 1) / 2 / Float(known.count - 1) : 0.5
            for rank in start..<end { places[known[rank]] = place }
            start = end
        }
        return places
    }

    /// By the correlation of value ranks and pushes; below 0.5 it is called mixed.
    private static func direction(_ places: [Float?], _ pushes: [Float]) -> Direction {
        let pairs = zip(places, pushes).compactMap { place, push in place.map { (Double($0), Double(push)) } }
        let count = Double(max(1, pairs.count))
        let meanPlace = pairs.reduce(0) { $0 + $1.0 } / count
        let meanPush = pairs.reduce(0) { $0 + $1.1 } / count
        var (cross, left, right) = (0.0, 0.0, 0.0)
        for (place, push) in pairs {
            cross += (place - meanPlace) * (push - meanPush)
            left += (place - meanPlace) * (place - meanPlace)
            right += (push - meanPush) * (push - meanPush)
        }
        guard left > 0, right > 0 else { return .mixed }
        let correlation = cross / (left * right).squareRoot()
        return correlation > 0.5 ? .higherRaises : correlation < -0.5 ? .higherLowers : .mixed
    }

    private static func levels(_ values: [Float], _ pushes: [Float], _ vocabulary: [String]) -> [Level] {
        var sums = [Double](repeating: 0, count: vocabulary.count)
        var counts = [Int](repeating: 0, count: vocabulary.count)
        for (value, push) in zip(values, pushes) where value >= 0 && Int(value) < vocabulary.count {
            sums[Int(value)] += Double(push)
            counts[Int(value)] += 1
        }
        return vocabulary.indices.filter { counts[$0] >= minimumLevelRows }
            .map { Level(name: vocabulary[$0], push: sums[$0] / Double(counts[$0])) }
            .sorted { ($1.push, $0.name) < ($0.push, $1.name) }
    }
}
