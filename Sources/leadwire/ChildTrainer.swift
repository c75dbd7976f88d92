import Foundation
import JSONBytes
import Leads
import LeadwireServer
import Learning

/// `leadwire train --from-store` as a process of its own, at the lowest priority, so that scoring does not feel it.
struct ChildTrainer: ModelTrainer {
    /// The store's address as `--database` takes it. The child gets it in its environment: arguments are everybody's to read.
    var database: String
    var settings: LearningSettings

    /// Of what the child says; the rest is thrown away.
    private static let maximumOutput = 1 << 20

    func train(tenant: Tenant, against champion: ModelArtifact) async throws -> TrainedModel {
        let folder = FileManager.default.temporaryDirectory.appending(path: "leadwire-training-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(at: folder) }
        let (old, new) = (folder.appending(path: "champion.leadwire"), folder.appending(path: "model.leadwire"))
        try Data(champion.serialized()).write(to: old)
        let output = try await run([
            "train", "--from-store", "--background", "--json", "--tenant", tenant.name, "--label-window",
            "\(settings.labelWindow.length.components.seconds / 86_400)d", "--against", old.path, "--out", new.path,
        ])
        guard let document = try? JSONDocument(parsing: output.standard) else {
            throw TrainingFailure("the training process did not say what it found")
        }
        let against = document.root["against"]
        return TrainedModel(
            artifact: [UInt8](try Data(contentsOf: new)),
            comparison: against?["comparison"].flatMap { GateComparison($0) },
            calibration: against?["calibration"].flatMap { CalibrationReading($0) })
    }

    private struct Output {
        var standard: [UInt8]
        var error: [UInt8]
    }

    /// - Throws: ``TrainingFailure`` with the last line of what the process complained of.
    private func run(_ arguments: [String]) async throws -> Output {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe")
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(["LEADWIRE_DATABASE": database]) { $1 }
        process.standardInput = FileHandle.nullDevice
        let (standard, error) = (Pipe(), Pipe())
        (process.standardOutput, process.standardError) = (standard, error)
        let ended = AsyncStream<Int32>.makeStream()
        process.terminationHandler = { ended.continuation.yield($0.terminationStatus) }
        try process.run()
        let running = RunningProcess(process)
        // A thread each: a pipe that is full would hold the child.
        async let said = Self.read(standard)
        async let complained = Self.read(error)
        // What takes longer is ended.
        let limit = Task { [settings] in
            try await Task.sleep(for: settings.deadline)
            running.end()
        }
        defer { limit.cancel() }
        let status = await withTaskCancellationHandler {
            await ended.stream.first { _ in true } ?? -1
        } onCancel: {
            running.end()
        }
        let output = Output(standard: await said, error: await complained)
        try Task.checkCancellation()
        guard status == 0 else {
            let lines = String(decoding: output.error, as: UTF8.self).split(separator: "\n")
            let isTooLittle = try? JSONDocument(parsing: output.standard).root["error"]?.string == "notEnoughData"
            throw TrainingFailure(
                lines.last.map(String.init) ?? "the training process ended with status \(status)",
                needsMoreOutcomes: isTooLittle ?? false)
        }
        return output
    }

    private static func read(_ pipe: Pipe) async -> [UInt8] {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var bytes: [UInt8] = []
                while let part = try? pipe.fileHandleForReading.read(upToCount: 64 << 10), !part.isEmpty {
                    if bytes.count < maximumOutput { bytes += part }
                }
                continuation.resume(returning: bytes)
            }
        }
    }

    /// `Process` may be ended from any thread, which its type does not say.
    private final class RunningProcess: @unchecked Sendable {
        private let process: Process

        init(_ process: Process) { self.process = process }

        func end() { if process.isRunning { process.terminate() } }
    }
}
