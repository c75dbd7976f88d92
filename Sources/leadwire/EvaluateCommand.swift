import ArgumentParser
import JSONBytes
import Learning
import Training

struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Measure a model on rows whose outcome is known and that it has not seen.",
        discussion: """
            The file that the model was trained on is refused: figures from training rows would flatter it.

            Example:
              leadwire evaluate newer.csv --model model.leadwire --label converted --json
            """)

    @Argument(help: "The table: CSV with a header.") var file: String
    @Option(help: "The model artifact.") var model: String
    @Option(help: "The column that says what became of the lead.") var label: String
    @Option(help: "The label's value that counts as converted. [default: the one the model was trained for]")
    var positive: String?
    @Option(help: "The moment to which dates are aged, such as 2026-11-22. [default: the newest date in the table]")
    var asOf: String?
    @Flag(help: "Print the figures as JSON on the standard output.") var json = false

    func run() throws {
        let artifact = try ModelFile.load(model)
        let moment = try AsOf.moment(asOf)
        let bar = ProgressBar()
        do throws(TableError) {
            let (figures, positive, warnings) = try TableEvaluation.evaluate(
                path: file, artifact: artifact, label: label, positive: positive, asOf: moment
            ) { done, total in
                bar.update(stage: "reading", done: done, total: total, unit: "bytes")
            }
            bar.finish()
            for warning in warnings { Terminal.say("warning: \(warning)") }
            Terminal.say("\(figures.rows) rows, \(figures.positives) positive (\"\(positive)\"), 90% intervals")
            Figures.describe(figures)
            guard json else { return }
            var text = JSONWriter()
            text.beginObject()
            text.member("model", artifact.card.name)
            text.member("sha256", artifact.sha256)
            text.member("positive", positive)
            Figures.members(figures, to: &text)
            text.endObject()
            Terminal.printJSON(text.bytes)
        } catch {
            bar.finish()
            throw CommandFailure(error, file: file)
        }
    }
}
