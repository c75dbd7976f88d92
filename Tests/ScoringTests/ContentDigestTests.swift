import Leads
import TestSupport
import Testing

@testable import Scoring

@Suite struct ContentDigestTests {
    /// By `openssl mac -macopt size:16 SIPHASH` (OpenSSL 3.0.19): key 00...0f, message 00, 01, ...; little endian.
    @Test(arguments: [
        (0, 0xE6A8_25BA_047F_81A3 as UInt64, 0x9302_55C7_1472_F66D as UInt64),
        (15, 0x11A8_B033_99E9_9354, 0xD9C3_CF97_0FEC_087E),
    ])
    func `it is SipHash-2-4-128`(count: Int, high: UInt64, low: UInt64) {
        var digest = ContentDigest(key0: 0x0706_0504_0302_0100, key1: 0x0F0E_0D0C_0B0A_0908)
        for byte in 0..<count { digest.add(byte: UInt8(byte)) }
        let result = digest.finish()
        #expect(result.high == high)
        #expect(result.low == low)
    }

    @Test func `words and bytes mix to the same digest at every offset`() {
        for offset in 0..<8 {
            var words = ContentDigest()
            var bytes = ContentDigest()
            for byte in 0..<offset {
                words.add(byte: UInt8(byte))
                bytes.add(byte: UInt8(byte))
            }
            let word: UInt64 = 0x0123_4567_89AB_CDEF
            words.add(word)
            for place in 0..<8 { bytes.add(byte: UInt8(truncatingIfNeeded: word >> UInt64(8 * place))) }
            let (left, right) = (words.finish(), bytes.finish())
            #expect(left.high == right.high && left.low == right.low, "offset \(offset)")
        }
    }

    private static let changes: [(name: String, change: @Sendable (inout Lead) -> Void)] = [
        ("nothing", { _ in }), ("id", { $0.id = "other" }), ("name", { $0.name = "x" }),
        ("email", { $0.email = "a@b" }),
        ("phone", { $0.phone = "5550100000" }), ("message", { $0.message = "hi" }),
        ("messages", { $0.messages = [Message(direction: .inbound, body: "hi", at: Timestamp(milliseconds: 0))] }),
        ("source", { $0.source = "x" }), ("referralSource", { $0.referralSource = "x" }),
        ("budgetRange", { $0.budgetRange = "x" }), ("propertyType", { $0.propertyType = "x" }),
        ("locationPreference", { $0.locationPreference = "x" }), ("timelineUrgency", { $0.timelineUrgency = "x" }),
        ("bedrooms", { $0.bedrooms = 2 }), ("responseTimeHours", { $0.responseTimeHours = 1 }),
        ("messageLength", { $0.messageLength = 1 }), ("questionsAsked", { $0.questionsAsked = 1 }),
        ("previousInteractions", { $0.previousInteractions = 1 }),
        ("priceMentioned", { $0.priceMentioned = true }),
        ("timelineMentioned", { $0.timelineMentioned = false }),
        ("locationMentioned", { $0.locationMentioned = true }),
        ("financingMentioned", { $0.financingMentioned = true }),
        ("customFields", { $0.customFields = [CustomField(name: "a", value: .null)] }),
        ("customFields text", { $0.customFields = [CustomField(name: "a", value: .text("1"))] }),
        ("customFields number", { $0.customFields = [CustomField(name: "a", value: .number(1))] }),
        ("customFields bool", { $0.customFields = [CustomField(name: "a", value: .bool(true))] }),
    ]

    @Test func `every field that a score can depend on changes it`() {
        var seen: [String: String] = [:]
        for (name, change) in Self.changes {
            var lead = LeadFactory.bare()
            change(&lead)
            var digest = ContentDigest()
            digest.add(lead)
            let result = digest.finish()
            let key = "\(result.high)/\(result.low)"
            #expect(seen[key] == nil, "\(name) has the digest of \(seen[key] ?? "")")
            seen[key] = name
        }
    }

    @Test func `family_mentioned changes nothing, because nothing reads it`() {
        var (one, other) = (ContentDigest(), ContentDigest())
        var lead = LeadFactory.bare()
        one.add(lead)
        lead.familyMentioned = true
        other.add(lead)
        #expect(one.finish() == other.finish())
    }

    @Test func `text does not run over into its neighbour`() {
        var (one, other) = (ContentDigest(), ContentDigest())
        one.add("ab")
        one.add("c")
        other.add("a")
        other.add("bc")
        #expect(one.finish() != other.finish())
    }
}
