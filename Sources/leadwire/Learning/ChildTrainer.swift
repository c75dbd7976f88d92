import Foundation
import JSONBytes
import Leads
import LeadwireServer
import Learning

/// `leadwire train --from-store` as a process of its own, at a low priority, so that scoring does not feel it.
struct ChildTrainer: ModelTrainer {
    /// The store's address as `--database` takes it. The child gets it in its environment: arguments are everybody's to read.
    var database: String
    var settings: LearningSettings

    func train(tenant: Tenant, against champion: ModelArtifact) async throws -> TrainedModel {
        let folder = FileManager.default.temporaryDirectory.appending(path: "leadwire-training-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(at: folder) }
        let (old, new) = (folder.appending(path: "champion.leadwire"), folder.appending(path: "model.leadwire"))
        var arguments = [
            "train", "--from-store", "--background", "--json", "--tenant", tenant.name, "--label-window",
            "\(settings.labelWindow.length.components.seconds / 86_400)d", "--out", new.path,
        ]
        // A model on columns of the team's own can't be asked about stored features: a person compares, and promotes.
        if case .leadFeatures = champion.schema {
            try Data(champion.serialized()).write(to: old)
            arguments += ["--against", old.path]
        }
        let output = try await run(arguments)
        guard let document = try? JSONDocument(parsing: output) else {
            throw TrainingFailure("the training process did not say what it found")
        }
        let against = document.root["against"]
        return TrainedModel(
            artifact: [UInt8](try Data(contentsOf: new)),
            comparison: against?["comparison"].flatMap { GateComparison($0) },
            calibration: against?["calibration"].flatMap { CalibrationReading($0) })
    }

    /// What the process wrote to its standard output.
    ///
    /// - Throws: ``TrainingFailure`` with the last line of what it complained of.
    private func run(_ arguments: [String]) async throws -> [UInt8] {
        let environment = ProcessInfo.processInfo.environment.merging(["LEADWIRE_DATABASE": database]) { $1 }
        let child: ChildProcess
        do {
            child = try ChildProcess(arguments: arguments, environment: environment)
        } catch {
            throw TrainingFailure(error.message)
        }
        // What takes longer is ended.
        let limit = Task { [settings] in
            try await Task.sleep(for: settings.deadline)
            child.end()
        }
        defer { limit.cancel() }
        let ending = await withTaskCancellationHandler {
            await child.ending()
        } onCancel: {
            child.end()
        }
        try Task.checkCancellation()
        guard ending.status == 0 else {
            let lines = String(decoding: ending.complaints, as: UTF8.self).split(separator: "\n")
            let told = (try? JSONDocument(parsing: ending.output))?.root["error"]?.string
            throw TrainingFailure(
                lines.last.map(String.init) ?? "the training process ended with \(ending.status)",
                needsMoreOutcomes: told == "notEnoughData")
        }
        return ending.output
    }
}
