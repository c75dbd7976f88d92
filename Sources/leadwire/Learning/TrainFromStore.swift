import ArgumentParser
import Foundation
import JSONBytes
import Leads
import Learning
import Scoring
import StorePostgres
import StoreSQLite
import Training

/// `leadwire train --from-store`: its options, and the way from stored scores to an artifact.
struct TrainFromStore: ParsableArguments {
    @Flag(help: "Learn from the scores and outcomes in the store instead of a table.") var fromStore = false
    @Option(help: "Folder of the embedded store; a server may run on it.") var data: String?
    @Option(help: "postgres://..., or sqlite:FILE. Put an address with a password into LEADWIRE_DATABASE.")
    var database: String?
    @Option(help: "File of settings instead of ./leadwire.yaml.") var config: String?
    @Option(help: "Whose leads. [default: \(Tenant.local.name)]") var tenant: String?
    @Option(help: "How long after its score a lead may be won to count: 60d, 12h. [default: 90d]")
    var labelWindow: String?
    @Option(help: "The moment at which labels are looked at; outcomes after it are not. [default: now]")
    var asOf: String?
    @Option(help: "A model to compare with, on the slice that was held out.") var against: String?
    @Flag(help: "Low priority and one thread, so that a server beside it serves as fast as before.")
    var background = false

    /// The name of an option that was given without --from-store.
    var strayOption: String? {
        let given: [(String, Bool)] = [
            ("--data", data != nil), ("--database", database != nil), ("--config", config != nil),
            ("--tenant", tenant != nil), ("--label-window", labelWindow != nil), ("--as-of", asOf != nil),
            ("--against", against != nil), ("--background", background),
        ]
        return given.first { $0.1 }?.0
    }

    func train(options: TrainingOptions, out: String, json: Bool) async throws {
        var options = options
        if background {
            BackgroundPriority.lower()
            options.threads = 1
        }
        let champion = try against.map(ModelFile.load)
        let cohort = try await cohort()
        do throws(TableError) {
            try train(cohort, champion, options: options, out: out, json: json)
        } catch {
            // A program that asked has to tell "wait for more outcomes" from "try again".
            if json { Terminal.printJSON(TrainFromStoreReport.json(error)) }
            throw CommandFailure(error)
        }
    }

    // MARK: Reading

    private func cohort() async throws -> LabelledCohort {
        var collector = LabelCollector(window: try window(), asOf: try moment())
        let bar = ProgressBar()
        defer { bar.finish() }
        try await CommandFailure.telling {
            let configuration = try ServeConfiguration(flags: [(.data, data), (.database, database)], file: config)
            let tenant = Tenant(tenant ?? Tenant.local.name)
            switch try ServeCommand.store(configuration) {
            case .file(let path, _):
                let reader = try SQLiteLabelReader(path: path)
                defer { reader.close() }
                try await Self.read(reader, tenant, &collector, bar)
            case .postgres(let address, let settings):
                let reader = try await PostgresLabelReader.open(address, configuration: settings)
                do {
                    try await Self.read(reader, tenant, &collector, bar)
                } catch {
                    await reader.close()
                    throw error
                }
                await reader.close()
            }
        }
        return collector.cohort()
    }

    private static func read(
        _ source: some LabelSource, _ tenant: Tenant, _ collector: inout LabelCollector, _ bar: ProgressBar
    ) async throws {
        try await source.collect(of: tenant, into: &collector) { scores in
            bar.update(stage: "reading", done: scores, total: nil, unit: "scores")
        }
    }

    private func window() throws -> LabelWindow {
        guard let labelWindow else { return .standard }
        guard let length = DurationText.duration(labelWindow) else {
            throw CommandFailure("--label-window \(labelWindow) is no time; write 90d, 12h or 30m", code: 2)
        }
        return LabelWindow(length: length)
    }

    private func moment() throws -> Timestamp {
        try AsOf.moment(asOf) ?? Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
    }

    // MARK: Training

    private func train(
        _ cohort: LabelledCohort, _ champion: ModelArtifact?, options: TrainingOptions, out: String, json: Bool
    ) throws(TableError) {
        TrainFromStoreReport.describe(cohort)
        let trainer = try CohortTrainer(cohort: cohort, options: options)
        TrainReport.describe(trainer.trainer)
        let bar = ProgressBar()
        let outcome = try trainer.run(against: champion) { state in
            bar.update(stage: state.stage, done: state.done, total: state.total, unit: state.unit)
        }
        bar.finish()
        TrainFromStoreReport.describe(outcome, of: cohort)
        do {
            try outcome.artifact.write(to: out)
        } catch {
            throw TableError(.unwritable, error.description)
        }
        Terminal.say("wrote \(out), \(outcome.artifact.sha256)")
        if json { Terminal.printJSON(TrainFromStoreReport.json(outcome, of: cohort, champion: champion, path: out)) }
    }
}
