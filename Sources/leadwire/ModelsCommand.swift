import ArgumentParser
import Foundation
import JSONBytes
import Learning

struct ModelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models",
        abstract: "List the model artifacts in a folder.",
        discussion: """
            Example:
              leadwire models ./models --json
            """)

    @Argument(help: "A folder with .leadwire files.") var directory = "."
    @Flag(help: "Print the models and their cards as JSON on the standard output.") var json = false

    func run() throws {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasSuffix(".leadwire") }
        } catch {
            throw CommandFailure("\(directory) can't be listed; give a folder with .leadwire files")
        }
        var text = JSONWriter()
        text.beginArray()
        var damaged = 0
        for name in names.sorted() {
            do {
                let artifact = try ModelArtifact.load(from: directory + "/" + name)
                if json {
                    Self.encode(artifact, file: name, to: &text)
                } else {
                    Terminal.print(Self.line(artifact, name))
                }
            } catch {
                damaged += 1
                Terminal.say("\(name): \(error)")
            }
        }
        text.endArray()
        if json { Terminal.printJSON(text.bytes) }
        if names.isEmpty { Terminal.say("no .leadwire files in \(directory)") }
        if damaged > 0 { throw CommandFailure("\(damaged) of \(names.count) artifacts can't be used") }
    }

    private static func line(_ artifact: ModelArtifact, _ file: String) -> String {
        let figures = artifact.card.holdout.figures
        let auc = figures?[.auc].map { "AUC \(Figures.decimals($0, 3))" } ?? "quality unmeasured"
        let rows = artifact.card.rows.map { "\($0) rows" } ?? "rows unknown"
        return "\(file)  \(artifact.card.name)  \(artifact.kind.rawValue)  \(artifact.version)  \(rows)  \(auc)"
    }

    private static func encode(_ artifact: ModelArtifact, file: String, to json: inout JSONWriter) {
        json.beginObject()
        json.member("file", file)
        json.member("kind", artifact.kind.rawValue)
        json.member("version", artifact.version)
        json.member("sha256", artifact.sha256)
        json.member("prior_weight", artifact.priorWeight)
        json.member("policy_overridden", artifact.policyOverridden)
        json.member("serves_with_reference", artifact.canAssess)
        json.member("features", artifact.schema.featureNames.count)
        json.key("card")
        CardJSON.encode(artifact.card, to: &json)
        json.endObject()
    }
}
