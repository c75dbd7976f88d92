import ArgumentParser
import Learning
import Training

struct ImportModelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import-model",
        abstract: "Make an artifact of a model that XGBoost or LightGBM trained.",
        discussion: """
            Reads XGBoost's JSON and UBJSON and LightGBM's text (v3 and v4); predict gives the same numbers as the library. \
            To serve leads a model needs the 28 features and --reference: rows of the population it will score, for ml_score and support; with --label they \
            also calibrate it, and should not be the rows it was trained on.

            Example:
              leadwire import-model model.json --out model.leadwire --reference recent.csv --label converted
            """)

    @Argument(help: "The model: XGBoost JSON or UBJSON, or LightGBM text.") var file: String
    @Option(name: [.long, .short], help: "The model artifact to write.") var out: String
    @Option(help: "A table of rows like those it will score.") var reference: String?
    @Option(help: "The column of the reference that says what became of the lead.") var label: String?
    @Option(help: "The label's value that counts as converted. [default: yes, true, 1 or won, where it is plain]")
    var positive: String?
    @Option(help: "What people call the model. [default: the name of the artifact]") var name: String?

    func run() throws {
        do throws(TableError) {
            let artifact = try ModelImport.artifact(
                path: file, name: name ?? ModelName.of(path: out), reference: reference, label: label,
                positive: positive)
            do {
                try artifact.write(to: out)
            } catch {
                throw TableError(.unwritable, error.description)
            }
            Terminal.say("wrote \(out), \(artifact.sha256)")
            for note in artifact.card.notes { Terminal.say(note) }
            if !artifact.canAssess {
                Terminal.say(
                    "Without --reference it predicts, but serves no leads: there is nothing to rank them against.")
            }
        } catch {
            throw CommandFailure(error)
        }
    }
}
