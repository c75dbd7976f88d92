import Features
import Testing

private func full() -> FeatureVector {
    var vector = FeatureVector()
    for feature in Feature.allCases { vector[feature] = 1 }
    return vector
}

struct OptimizationTests {
    @Test func `the schema has the names, the order and the kinds of features/1`() {
        #expect(Feature.allCases.count == FeatureVector.count)
        #expect(Feature.allCases.map(\.rawValue) == Array(0..<28))
        #expect(Set(Feature.allCases.map(\.name)).count == 28)
        #expect(Feature.allCases.first?.name == "avg_response_time_minutes")
        #expect(Feature.allCases.last?.name == "market_timing_optimal")
        #expect(Feature.allCases.count { $0.kind == .numerical } == 8)
        #expect(Feature.allCases.count { $0.kind == .categorical } == 12)
        #expect(Feature.allCases.count { $0.kind == .boolean } == 8)
        for feature in Feature.allCases {
            #expect(Feature(name: feature.name) == feature)
            #expect(feature.vocabulary.isEmpty == (feature.kind != .categorical))
        }
        #expect(Feature(name: "family_mentioned") == nil)
        #expect(
            Feature.timelineCategory.vocabulary
                == ["immediate", "1_month", "2_months", "3_months", "6_months", "1_year", "flexible"])
    }

    @Test func `a masked feature is missing in the row and nobody's omission`() {
        let row = optimizeFeatures(full(), plan: .standard)
        #expect(row.missing == 0)
        #expect(row.clamped.isEmpty && row.unseen.isEmpty)
        for feature in Feature.allCases {
            #expect(row.row[feature.rawValue].isNaN == OptimizationPlan.standard.masked.contains(feature))
        }
    }

    @Test func `missing stays missing`() {
        let row = optimizeFeatures(FeatureVector(), plan: .standard)
        #expect(row.missing == 26)
        for index in row.row.indices { #expect(row.row[index].isNaN) }
    }

    @Test func `a value outside the training range stands at its nearer end and is reported`() {
        var plan = OptimizationPlan.standard
        plan.ranges[0] = 5...10
        plan.ranges[3] = 0...1
        var vector = full()
        vector[.messageLengthVariance] = 400
        let row = optimizeFeatures(vector, plan: plan)
        #expect(row.row[0] == 5)
        #expect(row.row[3] == 1)
        #expect(row.clamped == [.avgResponseTimeMinutes, .messageLengthVariance])
        vector[.avgResponseTimeMinutes] = 10
        #expect(optimizeFeatures(vector, plan: plan).clamped == [.messageLengthVariance])
    }

    @Test func `categories follow the model's vocabulary, and one that it lacks is missing`() {
        var plan = OptimizationPlan.standard
        plan.vocabularies[Feature.timelineCategory.rawValue] = ["flexible", "immediate"]
        var vector = full()
        let isKnown = vector.set(.timelineCategory, category: "immediate")
        #expect(isKnown)
        #expect(optimizeFeatures(vector, plan: plan).row[8] == 1)
        let isKnownToo = vector.set(.timelineCategory, category: "1_year")
        #expect(isKnownToo)
        let row = optimizeFeatures(vector, plan: plan)
        #expect(row.row[8].isNaN)
        #expect(row.unseen == [.timelineCategory])
        #expect(row.missing == 1)
    }

    @Test func `a vector survives its bytes bit for bit, and nonsense is refused`() {
        var vector = full()
        vector[.avgResponseTimeMinutes] = 0.1
        vector[.urgencyKeywordFrequency] = -0.0
        vector[.decisionStage] = .nan
        #expect(vector.bytes.count == FeatureVector.byteCount)
        #expect(FeatureVector(bytes: vector.bytes) == vector)
        #expect(vector[.urgencyKeywordFrequency].sign == .plus)
        #expect(FeatureVector(bytes: vector.bytes.dropLast()) == nil)
        var bytes = vector.bytes
        bytes.replaceSubrange(64..<72, with: [0, 0, 0, 0, 0, 0, 0x59, 0x40])
        #expect(FeatureVector(bytes: bytes) == nil, "category 100")
        #expect(Set([vector, FeatureVector(), vector]).count == 2)
    }

    @Test func `a value is read by its kind`() {
        var vector = full()
        #expect(vector.number(.avgResponseTimeMinutes) == 1)
        #expect(vector.number(.timelineCategory) == nil)
        #expect(vector.category(.timelineCategory) == "1_month")
        #expect(vector.bool(.isPreApproved) == true)
        let isTaken = vector.set(.timelineCategory, category: "tomorrow")
        #expect(!isTaken)
        vector.set(.isPreApproved, bool: nil)
        #expect(vector.isMissing(.isPreApproved))
        #expect(!Feature.isPreApproved.accepts(0.5))
        #expect(!Feature.avgResponseTimeMinutes.accepts(.infinity))
        #expect(!Feature.timelineCategory.accepts(7))
    }
}
