import Features
import Foundation
import Leads
import Testing

/// A dialogue about finding a home, and the area that its slot names.
struct Dialogue: Sendable {
    var turns: [(isTheirs: Bool, text: String)]
    var area: String?

    var lead: Lead {
        var lead = Lead(id: "dialogue")
        for (index, turn) in turns.prefix(200).enumerated() {
            lead.messages.append(
                Message(
                    direction: turn.isTheirs ? .inbound : .outbound, body: turn.text,
                    at: Timestamp(milliseconds: Int64(index) * 60_000)))
        }
        return lead
    }
}

/// How well the places that the extractor finds match the areas that the slots name.
struct AreaFigures: CustomStringConvertible {
    var dialogues = 0
    var withArea = 0
    var found = 0
    var places = 0
    var right = 0

    var share: Double { Double(found) / Double(max(1, withArea)) }
    var precision: Double { Double(right) / Double(max(1, places)) }
    var description: String {
        "\(dialogues) dialogues, \(withArea) with an area: share \(share), precision \(precision)"
    }

    init(_ dialogues: [Dialogue]) {
        let extractor = FeatureExtractor(profile: AgencyProfile())
        let asOf = Timestamp(CivilTime(year: 2026, month: 11, day: 22))
        for dialogue in dialogues {
            self.dialogues += 1
            let names = extractor.extract(dialogue.lead, asOf: asOf).places.map { $0.lowercased() }
            guard let area = dialogue.area?.lowercased() else { continue }
            withArea += 1
            places += names.count
            right += names.count { $0 == area }
            if names.contains(area) { found += 1 }
        }
    }
}

struct DialogueTests {
    static let shared = SharedData.dialogues

    /// Only dialogues of even index were looked at while the rules were written; these figures are of the odd ones.
    @Test(.enabled(if: shared != nil, "../shared/data/sgd_homes is not beside this repository"))
    func `areas are found in the half of the dialogues that nobody looked at`() throws {
        let all = try #require(DialogueTests.shared)
        #expect(all.count == 1_206)
        let unseen = AreaFigures(all.enumerated().filter { $0.offset % 2 == 1 }.map(\.element))
        #expect(unseen.withArea > 500)
        #expect(unseen.share >= 0.86, "\(unseen)")
        #expect(unseen.precision >= 0.86, "\(unseen)")
    }

    @Test(.enabled(if: shared != nil, "../shared/data/sgd_homes is not beside this repository"))
    func `every dialogue gives 28 features`() throws {
        let extractor = FeatureExtractor(profile: AgencyProfile())
        for dialogue in try #require(DialogueTests.shared) {
            let end = Timestamp(milliseconds: Int64(dialogue.turns.count) * 60_000)
            let vector = extractor.extract(dialogue.lead, asOf: end).vector
            let isSound = Feature.allCases.allSatisfy { $0.accepts(vector[$0]) }
            #expect(isSound)
            #expect(vector[.avgResponseTimeMinutes] == 1)
            #expect(vector.bool(.repeatInteraction) == true)
        }
    }

    @Test func `areas are found in invented dialogues`() {
        let figures = AreaFigures(InventedDialogues.make())
        #expect(figures.withArea == InventedDialogues.count)
        #expect(figures.share >= 0.95, "\(figures)")
        #expect(figures.precision >= 0.95, "\(figures)")
    }
}

/// Dialogues put together from turns and made-up towns, so that the same path is covered where the shared table is absent.
enum InventedDialogues {
    static let count = 240

    private static let towns = [
        "Elmford", "North Haverly", "San Tirado", "Quillan Springs", "Brackwater", "Oster Valley", "Port Ellery",
        "Dunmere", "Lake Sorrel", "Vantry Heights",
    ]
    private static let asks = [
        ("Where are you looking?", "@."), ("Which city do you prefer?", "I want something in @."),
        ("What area should I search in?", "@ please."), ("How can I help?", "I need a two bath apartment in @."),
        ("Hello!", "Please look for a house near @, with a garage."),
        ("Tell me more.", "We are moving to @ next spring."),
        ("What are you looking for?", "A condo in the @ area would be great."),
        ("Any wishes?", "How about @? I like it there."),
    ]

    static func make() -> [Dialogue] {
        (0..<count).map { index in
            let town = towns[index % towns.count]
            let (ask, answer) = asks[index / towns.count % asks.count]
            return Dialogue(
                turns: [
                    (true, "I am looking for a new place to live."), (false, ask),
                    (true, answer.replacingOccurrences(of: "@", with: town)),
                    (false, "I found 4 places. One is at 410 Birch Street. The rent is $2,100."),
                    (true, index % 3 == 0 ? "Sounds good. Can I see it on March 10th?" : "Is it furnished? Thanks!"),
                ], area: town)
        }
    }
}

/// Tables beside the repository, found by walking up from this file.
enum SharedData {
    static let dialogues: [Dialogue]? = {
        var folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        while folder.path.count > 1 {
            let file = folder.appendingPathComponent("shared/data/sgd_homes/sgd_homes_dialogues.csv")
            if let bytes = try? Data(contentsOf: file) { return parse([UInt8](bytes)) }
            folder.deleteLastPathComponent()
        }
        return nil
    }()

    /// The columns `slots` (6) and `transcript` (8) of each row.
    static func parse(_ bytes: [UInt8]) -> [Dialogue] {
        rows(bytes).dropFirst().filter { $0.count == 9 }.map { row in
            let slots = try? JSONDecoder().decode([String: String].self, from: Data(row[6].utf8))
            let turns = row[8].components(separatedBy: " || ").map {
                (isTheirs: $0.hasPrefix("U:"), text: String($0.dropFirst(3)))
            }
            return Dialogue(turns: turns, area: slots?["area"])
        }
    }

    /// RFC 4180.
    private static func rows(_ bytes: [UInt8]) -> [[String]] {
        var rows: [[String]] = []
        var row: [String] = []
        var field: [UInt8] = []
        var isQuoted = false
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if isQuoted {
                if byte != 34 {
                    field.append(byte)
                } else if index < bytes.count, bytes[index] == 34 {
                    field.append(34)
                    index += 1
                } else {
                    isQuoted = false
                }
            } else if byte == 34 {
                isQuoted = true
            } else if byte == 44 || byte == 10 {
                row.append(String(decoding: field, as: UTF8.self))
                field = []
                if byte == 10 {
                    rows.append(row)
                    row = []
                }
            } else if byte != 13 {
                field.append(byte)
            }
        }
        return rows
    }
}
