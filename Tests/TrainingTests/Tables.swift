import Foundation
import Learning

/// Files of a test, gone with it.
final class TemporaryFolder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("training-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appendingPathComponent(name).path }

    func write(_ text: String, to name: String) throws -> String {
        try Data(text.utf8).write(to: url.appendingPathComponent(name))
        return path(name)
    }

    func read(_ name: String) throws -> String {
        try String(contentsOf: url.appendingPathComponent(name), encoding: .utf8)
    }
}

/// An invented table of leads with a known law, of every kind of column: the same seed, the same bytes.
enum InventedTable {
    static let header =
        "lead_id,created,channel,visits,budget,returning,note,region,gender,closed_on,first_seen,converted"

    static func text(rows: Int, seed: UInt64, delimiter: String = ",") -> String {
        var generator = SplitMix64(seed: seed)
        var lines = [header.replacing(",", with: delimiter)]
        for row in 0..<rows {
            let channel = ["web", "phone", "referral", "fair"][generator.index(below: 4)]
            let visits = generator.index(below: 12)
            let isMissing = generator.index(below: 10) == 0
            let budget = Double(generator.index(below: 9_000)) / 10
            let isReturning = generator.index(below: 3) == 0
            let age = generator.index(below: 400)
            var logOdds = -3.2 + (channel == "referral" ? 1.8 : channel == "fair" ? -1 : 0) + 0.22 * Double(visits)
            logOdds += isMissing ? -0.5 : budget / 600
            logOdds += (isReturning ? 0.9 : 0) - Double(age) / 300
            let isConverted = Double.random(in: 0..<1, using: &generator) < 1 / (1 + exp(-logOdds))
            let day = row * 700 / rows
            let cells = [
                "L-\(seed)-\(row)", date(day), channel, String(visits), isMissing ? "" : String(budget),
                isReturning ? "yes" : "no", "met \(row) people at \"house\" \(row * 7 % 1_013)", "north",
                generator.index(below: 2) == 0 ? "female" : "male", isConverted ? date(day + 30) : "",
                date(day - age), isConverted ? "won" : "lost",
            ]
            lines.append(cells.map { cell($0, delimiter) }.joined(separator: delimiter))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Day 0 is 2024-01-01; months of 28 days keep the arithmetic plain.
    private static func date(_ day: Int) -> String {
        let shifted = day + 3_360
        let month = shifted / 28
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(2_014 + month / 12)-\(two(month % 12 + 1))-\(two(shifted % 28 + 1))"
    }

    private static func cell(_ text: String, _ delimiter: String) -> String {
        guard text.contains("\"") || text.contains(delimiter) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}

/// The tables beside the repository, where they are.
enum SharedData {
    static let folder: URL? = {
        var folder = URL(fileURLWithPath: #filePath)
        while folder.path != "/" {
            folder.deleteLastPathComponent()
            let candidate = folder.deletingLastPathComponent().appendingPathComponent("shared/data")
            if FileManager.default.fileExists(atPath: candidate.path) { return candidate }
        }
        return nil
    }()

    static func path(_ name: String) -> String { folder?.appendingPathComponent(name).path ?? "" }
}
