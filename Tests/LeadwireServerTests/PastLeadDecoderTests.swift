import JSONBytes
import Leads
import Scoring
import Testing

@testable import LeadwireServer

struct PastLeadDecoderTests {
    private let now = Timestamp(CivilTime(year: 2026, month: 11, day: 25))

    private func decode(_ text: String, time: String = "at") throws -> DecodedPastLead {
        PastLeadDecoder(time: time).decode(try JSONDocument(parsing: Array(text.utf8)).root, now: now)
    }

    @Test func `a row is a lead with its moment and its outcome`() throws {
        let decoded = try decode(
            """
            {"lead_id":"a","lead_name":"Ada","message":"hi","at":"2026-01-05","outcome":"Won",\
            "outcome_at":"2026-02-01T10:00:00Z","value":28500}
            """)
        #expect(decoded.problems.isEmpty && decoded.warnings.isEmpty)
        let past = try #require(decoded.past)
        #expect(past.at == Timestamp(CivilTime(year: 2026, month: 1, day: 5)) && past.lead.name == "Ada")
        #expect(
            past.outcome
                == Outcome(
                    leadID: "a", result: .won, value: 28_500,
                    at: Timestamp(CivilTime(year: 2026, month: 2, day: 1, hour: 10))))
        #expect(String(decoding: past.json, as: UTF8.self) == #"{"lead_id":"a","name":"Ada","message":"hi"}"#)
    }

    @Test func `messages after the moment are left out of what is stored`() throws {
        let decoded = try decode(
            """
            {"lead_id":"a","at":"2026-01-05T00:00:00Z","messages":[\
            {"direction":"inbound","body":"before","at":"2026-01-04T00:00:00Z"},\
            {"direction":"inbound","body":"after","at":"2026-01-06T00:00:00Z"}]}
            """)
        #expect(decoded.past?.lead.messages.map(\.body) == ["before"])
        #expect(decoded.past?.outcome == nil)
    }

    static let wrong: [(String, [String])] = [
        (#"{"lead_id":"a"}"#, ["at"]),
        (#"{"at":"2026-01-05"}"#, ["lead_id"]),
        (#"{"lead_id":"a","at":"soon"}"#, ["at"]),
        (#"{"lead_id":"a","at":"2027-01-05"}"#, ["at"]),
        (#"{"lead_id":"a","at":"2026-01-05","at":"2026-01-06"}"#, ["at"]),
        (#"{"lead_id":"a","at":"2026-01-05","outcome":"won"}"#, ["outcome_at"]),
        (#"{"lead_id":"a","at":"2026-01-05","outcome_at":"2026-01-06"}"#, ["outcome"]),
        (#"{"lead_id":"a","at":"2026-01-05","outcome":"sold","outcome_at":"2026-01-06"}"#, ["outcome"]),
        (#"{"lead_id":"a","at":"2026-01-05","outcome":"won","outcome_at":"2026-01-04"}"#, ["outcome_at"]),
        (#"{"lead_id":"a","at":"2026-01-05","outcome":"won","outcome_at":"2026-11-28"}"#, ["outcome_at"]),
        (#"{"lead_id":"a","at":"2026-01-05","outcome":"won","outcome_at":"2026-01-06","value":-1}"#, ["value"]),
        (#"{"lead_id":"a","at":"2026-01-05","phone":"12"}"#, ["phone"]),
        ("[]", ["row"]),
    ]

    @Test(arguments: wrong) func `what is wrong is named by its field`(_ row: String, _ fields: [String]) throws {
        let decoded = try decode(row)
        #expect(decoded.past == nil && decoded.problems.map(\.field) == fields)
    }

    @Test func `the moment may have another name, and unknown fields are named`() throws {
        let decoded = try decode(#"{"lead_id":"a","created":"2026-01-05","mesage":"hi"}"#, time: "created")
        #expect(decoded.past != nil && decoded.warnings.count == 1 && decoded.warnings[0].contains("message"))
    }

    @Test func `cells become what their field holds`() throws {
        let names = [
            "lead_id", "message", "bedrooms", "price_mentioned", "messages", "value", "custom_fields.rooms",
            "custom_fields.city", "phone",
        ]
        let cells: [Substring] = [
            "a", "say \"hi\"", "3", "Yes", #"[{"direction":"inbound","body":"x","at":"2026-01-01T00:00:00Z"}]"#,
            "$28,500", "4", "Springfield", "",
        ]
        #expect(
            String(decoding: PastLeadCells.json(names: names, cells: cells), as: UTF8.self) == #"""
                {"lead_id":"a","message":"say \"hi\"","bedrooms":3,"price_mentioned":true,"messages":\#
                [{"direction":"inbound","body":"x","at":"2026-01-01T00:00:00Z"}],"value":28500,\#
                "custom_fields":{"rooms":4,"city":"Springfield"}}
                """#)
        // What can't be read stays text, and the decoder names the field.
        let bad = PastLeadCells.json(
            names: ["lead_id", "at", "bedrooms", "price_mentioned", "messages"],
            cells: ["a", "2026-01-05", "many", "perhaps", "[broken"])
        let decoded = PastLeadDecoder().decode(try JSONDocument(parsing: bad).root, now: now)
        #expect(Set(decoded.problems.map(\.field)) == ["bedrooms", "price_mentioned", "messages"])
    }
}
