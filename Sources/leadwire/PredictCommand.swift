import ArgumentParser
import Learning
import Training

struct PredictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Print margin, probability and exact SHAP values of every row.",
        discussion: """
            CSV on the standard output: margin, probability, base_value, then one column named for each feature. An empty \
            cell is missing; inf, -inf, nan, 1e-45 and -0.0 are read as such; features without names are f0, f1, ... by \
            column order. The probability is calibrated where the model has a calibration, else the model's own.

            Example:
              leadwire predict rows.csv --model model.leadwire > explained.csv
            """)

    @Argument(help: "The table: CSV with a header.") var file: String
    @Option(help: "The model artifact.") var model: String
    @Option(name: [.long, .short], help: "The table to write; - is the standard output.") var out = "-"
    @Option(help: "The moment to which dates are aged, such as 2026-11-22. [default: the newest date in the table]")
    var asOf: String?

    func run() throws {
        let artifact = try ModelFile.load(model)
        let moment = try AsOf.moment(asOf)
        let bar = ProgressBar()
        do throws(TableError) {
            let sink = try ByteSink(path: out)
            let result = try TablePrediction.predict(path: file, artifact: artifact, asOf: moment, into: sink) {
                done, total in
                bar.update(stage: "predicting", done: done, total: total, unit: "bytes")
            }
            try sink.finish()
            bar.finish()
            for warning in result.warnings { Terminal.say("warning: \(warning)") }
        } catch {
            bar.finish()
            throw CommandFailure(error, file: file)
        }
    }
}
