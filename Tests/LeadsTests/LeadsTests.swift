import Leads
import Testing

/// A bad field and what the answer must say about it.
struct BadField: Sendable, CustomTestStringConvertible {
    let field: String
    let says: String
    let spoil: @Sendable (inout Lead) -> Void

    var testDescription: String { "\(field) \(says)" }
}

private let longText = String(repeating: "a", count: 1_001)
private let longMessage = String(repeating: "a", count: 16 * 1024 + 1)
private let at = Timestamp(milliseconds: 0)

private let badFields: [BadField] = [
    BadField(field: "lead_id", says: "empty") { $0.id = "" },
    BadField(field: "lead_id", says: "too long") { $0.id = String(repeating: "x", count: 129) },
    BadField(field: "lead_id", says: "control") { $0.id = "a\u{0}b" },
    BadField(field: "lead_id", says: "control") { $0.id = "a\u{85}b" },
    BadField(field: "name", says: "too long") { $0.name = longText },
    BadField(field: "email", says: "no @") { $0.email = "nobody" },
    BadField(field: "email", says: "too long") { $0.email = "a@" + longText },
    BadField(field: "phone", says: "too few digits") { $0.phone = "555-1234" },
    BadField(field: "phone", says: "too few digits") { $0.phone = "" },
    BadField(field: "message", says: "16384 bytes") { $0.message = longMessage },
    BadField(field: "messages", says: "at most 200") {
        $0.messages = Array(repeating: Message(direction: .inbound, body: "", at: at), count: 201)
    },
    BadField(field: "messages[1].body", says: "16384 bytes") {
        $0.messages = [
            Message(direction: .inbound, body: "x", at: at), Message(direction: .outbound, body: longMessage, at: at),
        ]
    },
    BadField(field: "messages[0].channel", says: "too long") {
        $0.messages = [Message(direction: .inbound, body: "x", at: at, channel: longText)]
    },
    BadField(field: "source", says: "too long") { $0.source = longText },
    BadField(field: "referral_source", says: "too long") { $0.referralSource = longText },
    BadField(field: "budget_range", says: "too long") { $0.budgetRange = longText },
    BadField(field: "property_type", says: "too long") { $0.propertyType = longText },
    BadField(field: "location_preference", says: "too long") { $0.locationPreference = longText },
    BadField(field: "timeline_urgency", says: "too long") { $0.timelineUrgency = longText },
    BadField(field: "bedrooms", says: "0 to 10") { $0.bedrooms = 11 },
    BadField(field: "bedrooms", says: "0 to 10") { $0.bedrooms = -1 },
    BadField(field: "response_time_hours", says: "negative") { $0.responseTimeHours = -0.5 },
    BadField(field: "message_length", says: "finite") { $0.messageLength = .infinity },
    BadField(field: "questions_asked", says: "finite") { $0.questionsAsked = .nan },
    BadField(field: "previous_interactions", says: "negative") { $0.previousInteractions = -1 },
    BadField(field: "custom_fields", says: "at most 256") {
        $0.customFields = (0...256).map { CustomField(name: "k\($0)", value: .null) }
    },
    BadField(field: "custom_fields", says: "empty key") { $0.customFields = [CustomField(name: "", value: .null)] },
    BadField(field: "custom_fields.k", says: "twice") {
        $0.customFields = [CustomField(name: "k", value: .null), CustomField(name: "k", value: .bool(true))]
    },
    BadField(field: "custom_fields.k", says: "finite") {
        $0.customFields = [CustomField(name: "k", value: .number(.nan))]
    },
    BadField(field: "custom_fields.k", says: "too long") {
        $0.customFields = [CustomField(name: "k", value: .text(longText))]
    },
]

struct LeadValidationTests {
    @Test(arguments: badFields)
    func `a bad field is named with what is wrong`(_ bad: BadField) throws {
        var lead = Lead(id: "ok")
        bad.spoil(&lead)
        let problems = lead.problems()
        #expect(problems.count == 1)
        let problem = try #require(problems.first)
        #expect(problem.field == bad.field)
        #expect(problem.problem.contains(bad.says))
        #expect(problem.problem.contains("must") || problem.problem.contains("use") || problem.problem.contains("may"))
    }

    @Test func `every bad field is named, in the order of the contract`() {
        var lead = Lead(id: "")
        lead.email = "x"
        lead.phone = "1"
        lead.bedrooms = 99
        lead.questionsAsked = -1
        #expect(lead.problems().map(\.field) == ["lead_id", "email", "phone", "bedrooms", "questions_asked"])
    }

    @Test func `values at the limits are accepted`() {
        var lead = Lead(id: String(repeating: "é", count: 128))
        lead.name = String(repeating: "é", count: 1_000)
        lead.email = "a@b"
        lead.phone = "+1 (512) 555-0147"
        lead.message = String(repeating: "a", count: 16 * 1024)
        lead.messages = Array(repeating: Message(direction: .inbound, body: "", at: at), count: 200)
        lead.bedrooms = 10
        lead.responseTimeHours = 0
        lead.customFields = (0..<256).map { CustomField(name: "k\($0)", value: .number(1)) }
        #expect(lead.problems().isEmpty)
        #expect(Lead(id: "x").problems().isEmpty)
        #expect(Lead.problems(ofIdentifier: "lead 1/2").isEmpty)
    }

    @Test func `no problem repeats what the lead wrote`() {
        var lead = Lead(id: "secret\u{1}")
        lead.email = "secretvalue"
        lead.phone = "secret12"
        for problem in lead.problems() { #expect(!problem.description.contains("secret")) }
    }
}
