import Features
import Leads
import TestSupport
import Testing

private let asOf = Timestamp(CivilTime(year: 2026, month: 11, day: 22, hour: 12))
private let pieces = [
    "$", "450", "k", "-", "–", "500", ",", ".", " ", "  ", "\n", "1.2", "M", "in", "Austin", "by", "March", "3/15",
    "pre-approved", "not", "no", "more", "than", "under", "half a million", "2,500/mo", "kids", "I'm 34", "?", "!", "é",
    "🏠", "’", "\u{200D}", "\u{0}", "@", "http://x", "a@b.c", "99999999999999999999", "0", "1,000,000,000", "00:00",
    "and", "or", "to", "between", "asap", "next", "year", "the", "area", "(", ")", "#", "%", "+", "~", "single family",
    "55+", "section 8", "2027", "-5", "'s", "İ", "ß", "٣", "month or two", "St.", "k.", "1.000.000", "…",
    "from now", "left", "years", "days", "hundred", "999999999999",
]

struct DeterminismTests {
    static let extractor = FeatureExtractor(profile: AgencyProfile())

    @Test(arguments: [1, 7, 2026] as [UInt64])
    func `any text gives a vector that the schema accepts, twice the same`(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let again = FeatureExtractor(profile: AgencyProfile())
        for round in 0..<1_500 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0...30, using: &generator) {
                if Int.random(in: 0..<8, using: &generator) == 0 {
                    bytes.append(UInt8.random(in: 0...255, using: &generator))
                } else {
                    bytes += Array(pieces[Int.random(in: 0..<pieces.count, using: &generator)].utf8)
                    if Bool.random(using: &generator) { bytes.append(32) }
                }
            }
            var lead = Lead(id: "x")
            let text = String(decoding: bytes, as: UTF8.self)
            switch round % 4 {
            case 0: lead.message = text
            case 1:
                lead.messages = [Message(direction: .inbound, body: text, at: asOf)]
                lead.source = text
            case 2:
                lead.messages = [Message(direction: .outbound, body: text, at: Timestamp(milliseconds: 0))]
                lead.message = text
            default:
                lead.budgetRange = text
                lead.timelineUrgency = text
                lead.locationPreference = text
                lead.propertyType = text
                lead.referralSource = text
            }
            let found = DeterminismTests.extractor.extract(lead, asOf: asOf)
            let isSound = Feature.allCases.allSatisfy { $0.accepts(found.vector[$0]) }
            #expect(isSound, "seed \(seed) round \(round)")
            #expect(found == again.extract(lead, asOf: asOf), "seed \(seed) round \(round)")
            if let price = found.price { #expect((10_000...1e9).contains(price), "seed \(seed) round \(round)") }
            #expect(FeaturePolicy.standard.masked(text).text.utf8.count <= text.utf8.count)
        }
    }

    @Test func `every moment and every measure is taken`() {
        var lead = Lead(id: "x")
        lead.message = "by end of March, next spring, in 3 months"
        lead.messages = [
            Message(direction: .outbound, body: "When?", at: Timestamp(CivilTime(year: 0, month: 1, day: 1))),
            Message(direction: .inbound, body: "Soon", at: Timestamp(CivilTime(year: 9999, month: 12, day: 31))),
        ]
        lead.previousInteractions = .infinity
        lead.responseTimeHours = -.infinity
        lead.messageLength = .nan
        lead.questionsAsked = 1e300
        for year in [0, 1969, 1970, 2024, 9999] {
            let vector = DeterminismTests.extractor.extract(
                lead, asOf: Timestamp(CivilTime(year: year, month: 12, day: 31))
            ).vector
            for feature in Feature.allCases { #expect(feature.accepts(vector[feature])) }
        }
    }

    @Test(arguments: [
        "999999999 years from now", "I have 999999999999 days left", "999999999999999 hundred years from now",
    ])
    func `a time beyond every calendar is taken`(message: String) {
        var lead = Lead(id: "x")
        lead.message = message
        let vector = DeterminismTests.extractor.extract(lead, asOf: asOf).vector
        for feature in Feature.allCases { #expect(feature.accepts(vector[feature]), "\(feature.name)") }
    }

    @Test func `measures as large as a number can be give features that are numbers`() {
        var lead = Lead(id: "x")
        // Beside it the length given has a variance, whose square is the largest of all.
        lead.messages = [
            Message(direction: .inbound, body: "Looking in Elmford.", at: asOf.advanced(by: .seconds(-60)))
        ]
        lead.responseTimeHours = .greatestFiniteMagnitude
        lead.messageLength = .greatestFiniteMagnitude
        let vector = DeterminismTests.extractor.extract(lead, asOf: asOf).vector
        for feature in Feature.allCases { #expect(feature.accepts(vector[feature]), "\(feature.name)") }
        // A missing value is accepted too, but these two were said.
        #expect(!vector.isMissing(.avgResponseTimeMinutes) && !vector.isMissing(.messageLengthVariance))
    }

    @Test func `nothing dated after as_of is read`() {
        var lead = Lead(id: "x")
        lead.messages = [
            Message(direction: .inbound, body: "Looking in Elmford.", at: asOf.advanced(by: .seconds(-60))),
            Message(direction: .outbound, body: "What is your budget?", at: asOf),
        ]
        let plain = DeterminismTests.extractor.extract(lead, asOf: asOf)
        lead.messages.append(
            Message(direction: .inbound, body: "Cash, 900k, asap, Dunmere.", at: asOf.advanced(by: .milliseconds(1))))
        lead.message = "Cash, 900k, asap, Dunmere."
        #expect(DeterminismTests.extractor.extract(lead, asOf: asOf) == plain)
        #expect(DeterminismTests.extractor.extract(lead, asOf: asOf.advanced(by: .seconds(1))).price == 900_000)
    }

    @Test func `the order in which messages are given does not matter, their times do`() {
        var lead = Lead(id: "x")
        for (index, body) in ["Budget 400k", "Where?", "Elmford", "When?", "In 3 months", "Now 450k"].enumerated() {
            lead.messages.append(
                Message(
                    direction: index % 2 == 1 && index < 5 ? .outbound : .inbound, body: body,
                    at: asOf.advanced(by: .seconds(index - 100))))
        }
        let sorted = DeterminismTests.extractor.extract(lead, asOf: asOf)
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<20 {
            lead.messages.shuffle(using: &generator)
            #expect(DeterminismTests.extractor.extract(lead, asOf: asOf) == sorted)
        }
    }

    @Test func `a message that stands in the conversation too counts once`() {
        var lead = Lead(id: "x")
        lead.messages = [Message(direction: .inbound, body: "Hi, 450k", at: asOf.advanced(by: .seconds(-5)))]
        let alone = DeterminismTests.extractor.extract(lead, asOf: asOf)
        lead.message = "Hi, 450k"
        #expect(DeterminismTests.extractor.extract(lead, asOf: asOf) == alone)
    }
}
