import Testing

@testable import Realtime

struct EventNameTests {
    @Test func `an event's index is its place among all cases`() {
        #expect(EventName.allCases.map(\.index) == Array(0..<EventName.count))
        #expect(EventSet.all.names == EventName.allCases)
    }

    @Test func `each role sees the contract's list`() {
        let viewer: Set<String> = [
            "lead_scored", "score_changed", "batch_processing", "model_status", "outcome_recorded",
            "analysis_completed", "custom",
        ]
        #expect(Set(Role.viewer.events.names.map(\.rawValue)) == viewer)
        #expect(Set(Role.agent.events.names.map(\.rawValue)) == viewer.union(["lead_escalated", "bot_status"]))
        #expect(Role.admin.events == .all)
    }
}
