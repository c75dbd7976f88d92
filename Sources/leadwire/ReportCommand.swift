import ArgumentParser
import Features
import JSONBytes
import Leads
import Learning
import Reporting
import Scoring
import Training

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Write what a model is worth, on rows whose outcome is known, as one HTML file and JSON.",
        discussion: """
            What calling in score order would have found, whether the chances are
            right, what moves the score, quality by source and month, drift, and the
            fair-housing impact. The page loads nothing and runs nothing. The file
            that the model was trained on is refused.

            Example:
              leadwire report newer.csv --model model.leadwire --label converted \\
                --time created --source channel --group volunteered_group \\
                --out report.html --json report.json
            """)

    @Argument(help: "The table: CSV with a header.") var file: String
    @Option(help: "The model artifact.") var model: String
    @Option(help: "The column that says what became of the lead.") var label: String
    @Option(help: "The label's value that counts as converted. [default: the one the model was trained for]")
    var positive: String?
    @Option(help: "A column of dates, for the data window and quality by month. [default: the model's own, if any]")
    var time: String?
    @Option(help: "A column to show quality by. [default: lead_source_type, if there]")
    var source: String?
    @Option(
        help:
            "Columns, by commas, to show the fair-housing impact by: volunteered or supplied, never an input of the model."
    )
    var group: String?
    @Option(help: "The moment to which dates are aged, such as 2026-11-22. [default: the newest date in the table]")
    var asOf: String?
    @Option(help: "Where the page goes; - is the standard output.") var out: String
    @Option(help: "Where the same figures go as JSON; - is the standard output.") var json: String?

    func run() throws {
        let artifact = try ModelFile.load(model)
        guard out != "-" || json != "-" else {
            throw CommandFailure("--out and --json can't both be the standard output", code: 2)
        }
        var options = ReportOptions(label: label)
        options.positive = positive
        options.time = time
        options.source = source
        options.groups = group.map { $0.split(separator: ",").map { String(CellText.trimmed($0)) } } ?? []
        options.asOf = try AsOf.moment(asOf)
        // A model of leads has to beat what a team would have without it.
        if case .leadFeatures = artifact.schema, artifact.kind != .prior {
            options.rival = try Prior.artifact(profile: AgencyProfile())
        }
        let bar = ProgressBar()
        do throws(TableError) {
            let report = try ModelReport(path: file, artifact: artifact, options: options) { stage, done, total in
                bar.update(stage: stage, done: done, total: total, unit: total == nil ? "rows" : "bytes")
            }
            bar.finish()
            try Self.write(report.html(), to: out)
            if let json { try Self.write(report.json() + [0x0A], to: json) }
            for warning in report.warnings { Terminal.say("warning: \(warning)") }
            Terminal.say(report.headline)
        } catch {
            bar.finish()
            throw CommandFailure(error, file: file)
        }
    }

    private static func write(_ bytes: [UInt8], to path: String) throws(TableError) {
        let sink = try ByteSink(path: path)
        try sink.write(bytes)
        try sink.finish()
    }
}
