import Features
import Leads
import TestSupport
import Testing

@testable import Scoring

@Suite struct LeadSimulatorTests {
    private let now = TestClock().now

    @Test func `a seed and a number give one lead, whatever was asked before`() {
        let simulator = LeadSimulator(seed: 5)
        let tenth = simulator.lead(10, at: now)
        _ = simulator.lead(3, at: now)
        #expect(LeadSimulator(seed: 5).lead(10, at: now) == tenth)
        #expect(LeadSimulator(seed: 6).lead(10, at: now) != tenth)
        #expect(simulator.lead(11, at: now).name != nil)
    }

    @Test func `every lead is labelled three times`() {
        for lead in LeadFactory.simulated(200, at: now) {
            #expect(lead.id.hasPrefix("sim_"))
            #expect(lead.name?.hasSuffix("(simulated)") == true)
            #expect(lead.customFields == [CustomField(name: "simulated", value: .bool(true))])
        }
    }

    @Test func `conversations run forward, end before now, and end with the lead`() {
        for lead in LeadFactory.simulated(200, at: now) {
            #expect(!lead.messages.isEmpty)
            #expect(lead.messages.last?.direction == .inbound)
            #expect(lead.message == lead.messages.last?.body)
            let times = lead.messages.map(\.at)
            #expect(times == times.sorted())
            #expect(times.allSatisfy { $0 <= now })
            #expect(lead.messages.allSatisfy { !$0.body.isEmpty })
        }
    }

    @Test func `the extractor finds what the invented leads say`() throws {
        let extractor = FeatureExtractor(profile: AgencyProfile())
        let vectors = LeadFactory.simulated(500, at: now).map { extractor.extract($0, asOf: now).vector }
        for feature in [
            Feature.timelineCategory, .budgetRangeCategory, .financingReadinessScore, .leadSourceType,
            .engagementPattern, .decisionStage, .avgResponseTimeMinutes,
        ] {
            let known = vectors.count { !$0.isMissing(feature) }
            #expect(known > 100, "\(feature.name) is known of \(known) in 500")
        }
    }
}
