import Features
import Foundation
import Leads
import Testing

/// One row of `Fixtures/phrases.tsv`.
struct PhraseRow: Sendable, CustomTestStringConvertible {
    let kind: String
    let phrase: String
    let expected: String

    var testDescription: String { "\(kind): \(phrase)" }

    static let all: [PhraseRow] = {
        guard let url = Bundle.module.url(forResource: "phrases", withExtension: "tsv", subdirectory: "Fixtures"),
            let text = try? String(contentsOf: url, encoding: .utf8)
        else { return [] }
        return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap { line in
            let parts = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            return parts.count == 3 ? PhraseRow(kind: parts[0], phrase: parts[1], expected: parts[2]) : nil
        }
    }()
}

/// What people write, and what it means.
struct PhraseTests {
    static let asOf = Timestamp(CivilTime(year: 2026, month: 11, day: 22, hour: 12))
    static let extractor = FeatureExtractor(profile: AgencyProfile())

    static func extract(_ text: String) -> Extraction {
        var lead = Lead(id: "phrase")
        lead.message = text
        return extractor.extract(lead, asOf: asOf)
    }

    @Test func `the table is there and holds what was asked for`() {
        let counts = Dictionary(grouping: PhraseRow.all, by: \.kind).mapValues(\.count)
        #expect(PhraseRow.all.count >= 300)
        #expect(counts["price", default: 0] >= 90)
        #expect(counts["timeline", default: 0] >= 60)
        #expect(counts["financing", default: 0] >= 50)
        for kind in ["rent", "urgency", "places", "property", "intent", "stage", "masked"] {
            #expect(counts[kind, default: 0] > 5, "\(kind)")
        }
    }

    @Test(arguments: PhraseRow.all)
    func `a phrase means what the table says`(_ row: PhraseRow) {
        let found = PhraseTests.extract(row.phrase)
        #expect(PhraseTests.reading(row.kind, found) == row.expected)
    }

    /// What was found, in the table's spelling.
    static func reading(_ kind: String, _ found: Extraction) -> String {
        let vector = found.vector
        switch kind {
        case "price":
            guard let price = found.price, let basis = found.priceBasis else { return "-" }
            return "\(Int(price)) \(basis.rawValue)"
        case "rent": return found.rent.map { "\(Int($0))" } ?? "-"
        case "timeline": return found.statedTimeline?.category ?? "-"
        case "financing":
            guard let status = vector.category(.financingStatusCategory) else { return "-" }
            return status + " " + (vector.bool(.isPreApproved).map { "\($0)" } ?? "?")
        case "urgency": return vector.bool(.showsUrgencySignals) == true ? "yes" : "no"
        case "places": return found.places.isEmpty ? "-" : found.places.joined(separator: "|")
        case "property": return vector.category(.propertyTypePreference) ?? "-"
        case "intent": return found.intent.rawValue
        case "stage": return vector.category(.decisionStage) ?? "-"
        case "masked": return found.maskedSpans > 0 ? "yes" : "no"
        default: return "unknown kind"
        }
    }
}
