public import Leads
import Scoring

/// Leads for tests: a few that mean something, and any number that are invented.
public enum LeadFactory {
    /// Only an id and a name: the lead of the wire contract's first command.
    public static func bare(_ id: String = "test_123") -> Lead {
        var lead = Lead(id: id)
        lead.name = "Test Lead"
        return lead
    }

    /// Everything that makes a lead ready: approved, a stated budget, a near date, a place, a conversation.
    public static func ready(_ id: String = "ready_1", at now: Timestamp) -> Lead {
        var lead = Lead(id: id)
        lead.name = "Avery Oak"
        lead.source = "referral"
        let said = [
            "Hi, we want to buy a single family home in Riverbend.",
            "We are pre-approved and our budget is $500,000.",
            "We need to move within 30 days. Can we make an offer this weekend?",
        ]
        for (place, body) in said.enumerated() {
            let minutesAgo = Int64(60 * (said.count - place))
            let at = Timestamp(milliseconds: now.milliseconds - minutesAgo * 60_000)
            lead.messages.append(Message(direction: .inbound, body: body, at: at))
            lead.messages.append(
                Message(direction: .outbound, body: "Great, tell me more.", at: at.advanced(by: .seconds(55 * 60))))
        }
        lead.messages.removeLast()
        lead.message = said.last
        return lead
    }

    /// Invented leads of one seed, `sim_<seed>_0` and on.
    public static func simulated(_ count: Int, seed: UInt64 = 7, at now: Timestamp) -> [Lead] {
        let simulator = LeadSimulator(seed: seed)
        return (0..<count).map { simulator.lead($0, at: now) }
    }
}
