import ArgumentParser
import Leads
import Learning
import Training

struct ScoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "score",
        abstract: "Score every row of a table.",
        discussion: """
            Rows stay in order and every input column is kept; conversion_probability, ml_score, classification and \
            ml_confidence are added. No label is needed. Memory does not grow with the file.

            Example:
              leadwire score leads.csv --model model.leadwire --out scored.csv
            """)

    @Argument(help: "The table: CSV with a header.") var file: String
    @Option(help: "The model artifact.") var model: String
    @Option(name: [.long, .short], help: "The table to write; - is the standard output.") var out: String
    @Option(help: "The moment to which dates are aged, such as 2026-11-22. [default: the newest date in the table]")
    var asOf: String?

    func run() throws {
        let artifact = try ModelFile.load(model)
        let moment = try AsOf.moment(asOf)
        let bar = ProgressBar()
        do throws(TableError) {
            let sink = try ByteSink(path: out)
            let summary = try TableScoring.score(path: file, artifact: artifact, asOf: moment, into: sink) {
                done, total in
                bar.update(stage: "scoring", done: done, total: total, unit: "bytes")
            }
            try sink.finish()
            bar.finish()
            for warning in summary.warnings { Terminal.say("warning: \(warning)") }
            let classes = Classification.allCases.compactMap { name in
                summary.byClass[name].map { "\($0) \(name.rawValue)" }
            }
            Terminal.say("\(summary.rows) rows: \(classes.joined(separator: ", "))")
        } catch {
            bar.finish()
            throw CommandFailure(error, file: file)
        }
    }
}

/// Loading a model for a command.
enum ModelFile {
    static func load(_ path: String) throws -> ModelArtifact {
        do {
            return try ModelArtifact.load(from: path)
        } catch {
            throw CommandFailure("\(path): \(error)")
        }
    }
}

enum AsOf {
    static func moment(_ text: String?) throws -> Timestamp? {
        guard let text else { return nil }
        guard let moment = DateStyle.iso.timestamp(of: text) else {
            throw CommandFailure("--as-of \(text) is no date; write 2026-11-22 or 2026-11-22T09:30:00Z", code: 2)
        }
        return moment
    }
}
