import Features
import Leads
import Learning

/// What the prior needs to know of a population: how often each condition holds, how far each feature's weight varies,
/// and how margins and features are spread. Whole numbers, and values as the extractor gives them: two machines agree to
/// the bit.
///
/// The population is ``LeadSimulator`` read by the real extractor under the default profile. Measuring it takes longer
/// than a server may take to start, so the result is committed (`PriorPopulation+Committed.swift`) and a test measures
/// again and compares.
struct PriorPopulation: Sendable, Hashable {
    static let seed: UInt64 = 2_026
    static let leads = 4_096
    /// The leads arrive evenly over this year, so that every season counts.
    static let firstArrival = Timestamp(CivilTime(year: 2026, month: 1, day: 1))
    static let year = Duration.seconds(365 * 86_400)

    /// Rows in which the condition of each line of ``Prior/weights`` holds.
    var conditionCounts: [Int]
    /// By feature, over the rows in which it is known: how often its weight has each value, ascending.
    var weightCounts: [[WeightCount]]
    /// Lowest margin above ``Prior/baseLogOdds``, in units.
    var lowestMargin: Int
    /// Rows at each margin from ``lowestMargin`` on, a unit apart.
    var marginCounts: [Int]

    /// How each feature is spread, as the prior's forest sees it: masked ones are missing. No entry is nil.
    var distributions: [ReferenceDistribution?]

    /// Rows in which a feature's weight has one value.
    struct WeightCount: Sendable, Hashable {
        /// In units of ``Prior/unit``.
        var units: Int
        var count: Int

        init(_ units: Int, _ count: Int) {
            self.units = units
            self.count = count
        }
    }

    /// Variance of a feature's weight among the leads of which it is known, in log-odds²; 0 where it never is.
    func weightVariance(_ feature: Feature) -> Double {
        let known = weightCounts[feature.rawValue]
        let count = Double(known.reduce(0) { $0 + $1.count })
        guard count > 0 else { return 0 }
        let sum = known.reduce(0) { $0 + $1.units * $1.count }
        let squareSum = known.reduce(0) { $0 + $1.units * $1.units * $1.count }
        let mean = Double(sum) / count
        return max(0, Double(squareSum) / count - mean * mean) * Double(Prior.unit * Prior.unit)
    }

    /// How much a feature matters: the prior is additive, so its SHAP value is its weight less the population's mean.
    func support(_ feature: Feature) -> FeatureSupport {
        let known = weightCounts[feature.rawValue]
        let missing = Self.leads - known.reduce(0) { $0 + $1.count }
        let mean = Double(known.reduce(0) { $0 + $1.units * $1.count }) / Double(Self.leads)
        let deviation = known.reduce(Double(missing) * abs(mean)) {
            $0 + Double($1.count) * abs(Double($1.units) - mean)
        }
        return FeatureSupport(
            meanAbsoluteContribution: deviation / Double(Self.leads) * Double(Prior.unit),
            missingShare: Double(missing) / Double(Self.leads))
    }

    /// A number's spread, for the committed table.
    static func numbers(_ bounds: [Float], _ counts: [Int], missing: Int, unseen: Int) -> ReferenceDistribution? {
        ReferenceDistribution(bins: .numbers(bounds: bounds), counts: counts, missing: missing, unseen: unseen)
    }

    /// A category's or boolean's spread, for the committed table.
    static func levels(_ codes: [Int32], _ counts: [Int], missing: Int, unseen: Int) -> ReferenceDistribution? {
        ReferenceDistribution(bins: .levels(codes: codes), counts: counts, missing: missing, unseen: unseen)
    }

    /// The reference margins: ascending, with the rows at each.
    var margins: (points: [Double], counts: [Int]) {
        var points: [Double] = []
        var counts: [Int] = []
        for (place, count) in marginCounts.enumerated() where count > 0 {
            points.append(Double(Prior.baseLogOdds) + Double(lowestMargin + place) * Double(Prior.unit))
            counts.append(count)
        }
        return (points, counts)
    }

    /// Simulates, extracts and counts: about a second of work.
    static func measure() -> PriorPopulation {
        let simulator = LeadSimulator(seed: seed)
        let extractor = FeatureExtractor(profile: AgencyProfile())
        let units = Prior.weights.map { Int(($0.logOdds / Prior.unit).rounded()) }
        var conditionCounts = [Int](repeating: 0, count: units.count)
        var weightCounts = [[Int: Int]](repeating: [:], count: FeatureVector.count)
        var margins: [Int: Int] = [:]
        var sample = ReferenceSample(width: FeatureVector.count)
        for index in 0..<leads {
            let arrival = firstArrival.advanced(by: year * index / leads)
            let vector = extractor.extract(simulator.lead(index, at: arrival), asOf: arrival).vector
            var byFeature = [Int](repeating: 0, count: FeatureVector.count)
            for (line, weight) in Prior.weights.enumerated() where weight.condition.holds(weight.feature, in: vector) {
                conditionCounts[line] += 1
                byFeature[weight.feature.rawValue] += units[line]
            }
            for feature in Feature.allCases where !vector.isMissing(feature) {
                weightCounts[feature.rawValue][byFeature[feature.rawValue], default: 0] += 1
            }
            margins[byFeature.reduce(0, +), default: 0] += 1
            let optimized = optimizeFeatures(vector, plan: .standard)
            sample.add(row: optimized.row.span, unseen: optimized.unseen.map(\.rawValue))
        }
        let lowest = margins.keys.min() ?? 0
        let highest = margins.keys.max() ?? 0
        return PriorPopulation(
            conditionCounts: conditionCounts,
            weightCounts: weightCounts.map { counts in
                counts.sorted { $0.key < $1.key }.map { WeightCount($0.key, $0.value) }
            },
            lowestMargin: lowest,
            marginCounts: (lowest...highest).map { margins[$0] ?? 0 },
            distributions: sample.distributions(isCategory: ModelSchema.leadFeatures(.standard).codedFeatures) ?? [])
    }
}

extension PriorWeight.Condition {
    /// False for a missing value.
    func holds(_ feature: Feature, in vector: FeatureVector) -> Bool {
        guard !vector.isMissing(feature) else { return false }
        // As the forest compares: in Float.
        let value = Float(vector[feature])
        return switch self {
        case .atLeast(let bound): value >= Float(bound)
        case .below(let bound): value < Float(bound)
        case .isTrue: value == 1
        case .isFalse: value == 0
        case .oneOf(let words): vector.category(feature).map(words.contains) ?? false
        }
    }
}
