import Leads
import TestSupport
import Testing

@testable import Features

struct LeverTests {
    private static let asOf = Timestamp(CivilTime(year: 2026, month: 3, day: 2, hour: 10))

    /// An agency with every kind of criterion.
    private static var choosy: AgencyProfile {
        var profile = AgencyProfile()
        profile.serviceAreas = [.init(name: "Riverside"), .init(name: "Old Town")]
        profile.criteria.priceFrom = 250_000
        profile.criteria.priceTo = 900_000
        profile.criteria.areas = ["Riverside"]
        profile.criteria.timelines = ["immediate", "1_month", "2_months", "3_months"]
        profile.criteria.financing = ["cash", "pre_approved", "conventional"]
        return profile
    }

    @Test(arguments: Lever.allCases)
    func `a lever moves nothing that a person can't act on`(lever: Lever) {
        let fixed: Set<Feature> = [
            .seasonalTiming, .leadSourceType, .avgResponseTimeMinutes, .primaryLocationArea, .communicationStyle,
            .urgencyKeywordFrequency,
        ]
        #expect(lever.changes.isDisjoint(with: fixed))
        #expect(lever.changes.contains(lever.feature))
        for feature in lever.changes { #expect(FeaturePolicy.standard.verdict(for: feature) == .allowed) }
    }

    @Test(arguments: [AgencyProfile(), choosy])
    func `an outcome differs only in what its lever changes, and is not the vector itself`(profile: AgencyProfile) {
        let extractor = FeatureExtractor(profile: profile)
        var taken: Set<Lever> = []
        var vectors = (0..<200).map { VectorFactory.random(seed: $0) }
        for message in ["Hello", "I want to buy a house for $400k to $500k", "Looking in Riverside, need a loan"] {
            var lead = Lead(id: "a")
            lead.message = message
            vectors.append(extractor.extract(lead, asOf: Self.asOf).vector)
        }
        for vector in vectors {
            for step in extractor.steps(for: vector) {
                for outcome in extractor.outcomes(of: step, on: vector, asOf: Self.asOf) {
                    taken.insert(step.lever)
                    #expect(outcome != vector)
                    for feature in Feature.allCases
                    where vector[feature].bitPattern != outcome[feature].bitPattern {
                        #expect(step.lever.changes.contains(feature), "\(step.lever) moved \(feature.name)")
                    }
                    if !step.isOpen { #expect(outcome[step.lever.feature] == step.target) }
                }
            }
        }
        #expect(taken == Set(Lever.allCases))
    }

    /// Columns: what was said, what is said then, the lever, and what of it extraction and lever must agree on.
    @Test(arguments: [
        ("I want to buy in Riverside.", "We are pre-approved.", Lever.financing),
        ("I want to buy in Riverside, we need a loan.", "We are pre-approved now.", .financing),
        ("I want to buy in Riverside.", "Our budget is $450,000.", .budget),
        ("I want to buy in Riverside.", "Our budget is $150,000.", .budget),
        ("I want to buy in Riverside.", "Our budget is $1,900,000.", .budget),
        ("I want to buy, budget $400,000 to $500,000.", "Our budget is $450,000.", .exactBudget),
        ("We would like to buy a house.", "We want to live in Riverside.", .place),
        ("We would like to buy a house.", "We want to live in Springfield.", .place),
        ("We want to buy in Riverside.", "A condo it should be.", .propertyType),
        ("We want to buy in Riverside.", "We want to see the house, can we schedule a viewing?", .viewing),
    ])
    func `what a lever says of the features is what extraction reads from the answer`(
        before: String, answer: String, lever: Lever
    ) throws {
        for profile in [AgencyProfile(), Self.choosy] {
            let extractor = FeatureExtractor(profile: profile)
            func vector(_ message: String) -> FeatureVector {
                var lead = Lead(id: "a")
                lead.message = message
                return extractor.extract(lead, asOf: Self.asOf).vector
            }
            let start = vector(before)
            let told = vector(before + " " + answer)
            let outcomes = extractor.steps(for: start).filter { $0.lever == lever }
                .flatMap { extractor.outcomes(of: $0, on: start, asOf: Self.asOf) }
            try #require(!outcomes.isEmpty)
            let agrees = outcomes.contains { outcome in
                lever.changes.allSatisfy { outcome[$0].bitPattern == told[$0].bitPattern }
            }
            let seen = lever.changes.map { "\($0.name) \(told[$0])" }.sorted()
            #expect(agrees, "extraction: \(seen)")
        }
    }

    @Test func `a stated timeline brings its season, its urgency and its priority`() throws {
        let extractor = FeatureExtractor(profile: Self.choosy)
        var lead = Lead(id: "a")
        lead.message = "We want to buy in Riverside for $450,000."
        let start = extractor.extract(lead, asOf: Self.asOf).vector
        lead.message = "We want to buy in Riverside for $450,000 within 30 days."
        let told = extractor.extract(lead, asOf: Self.asOf).vector
        let step = try #require(extractor.steps(for: start).first { $0 == LeverStep(.timeline, 1) })
        let outcome = try #require(extractor.outcomes(of: step, on: start, asOf: Self.asOf).first)
        for feature in Lever.timeline.changes.subtracting([.marketTimingAwareness]) {
            #expect(outcome[feature].bitPattern == told[feature].bitPattern, "\(feature.name)")
        }
        #expect(abs(outcome[.marketTimingAwareness] - told[.marketTimingAwareness]) < 0.2)
        let smallestFirst = extractor.steps(for: start).filter { $0.lever == .timeline }.map(\.target)
        #expect(smallestFirst == [4, 3, 2, 1, 0])
    }

    @Test func `an answer that fails a hard criterion is no way up`() {
        var profile = Self.choosy
        profile.criteria.hard = [.price, .areas]
        let extractor = FeatureExtractor(profile: profile)
        var lead = Lead(id: "a")
        lead.message = "We would like to buy a house."
        let vector = extractor.extract(lead, asOf: Self.asOf).vector
        #expect(extractor.outcomes(of: LeverStep(.budget, .nan), on: vector, asOf: Self.asOf).isEmpty)
        #expect(extractor.outcomes(of: LeverStep(.place, .nan), on: vector, asOf: Self.asOf).isEmpty)
        #expect(!extractor.outcomes(of: LeverStep(.financing, 1), on: vector, asOf: Self.asOf).isEmpty)
    }

    @Test func `features that contradict the agency's criteria have no outcomes`() {
        let extractor = FeatureExtractor(profile: Self.choosy)
        var vector = FeatureVector()
        vector[.businessFitAlignment] = 0.37
        #expect(extractor.outcomes(of: LeverStep(.financing, 1), on: vector, asOf: Self.asOf).isEmpty)
    }

    /// Of a caller's own making: beyond what a whole number holds, and no share of anything.
    @Test(arguments: [1e19, -1e19, .greatestFiniteMagnitude, 2, -1] as [Double])
    func `a share that is none has no outcomes, however large`(share: Double) {
        var profile = AgencyProfile()
        profile.criteria.priceFrom = 250_000
        let extractor = FeatureExtractor(profile: profile)
        var vector = FeatureVector()
        vector[.budgetRangeCategory] = 0
        vector[.businessFitAlignment] = share
        let steps = extractor.steps(for: vector)
        #expect(!steps.isEmpty)
        for step in steps { #expect(extractor.outcomes(of: step, on: vector, asOf: Self.asOf).isEmpty) }
    }

    @Test func `there is nothing to get for who has it`() {
        let extractor = FeatureExtractor(profile: AgencyProfile())
        var lead = Lead(id: "a")
        lead.message =
            "Cash buyer, we want to make an offer on the house in Riverside within 2 weeks, exactly $451,250, condo."
        let levers: Set<Lever> = Set(extractor.steps(for: extractor.extract(lead, asOf: Self.asOf).vector).map(\.lever))
        #expect(
            levers.isDisjoint(with: [.financing, .timeline, .budget, .exactBudget, .viewing, .propertyType, .place]))
    }
}
