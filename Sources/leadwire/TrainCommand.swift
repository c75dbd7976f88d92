import ArgumentParser
import JSONBytes
import Leads
import Learning
import Scoring
import Training

struct TrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Learn a model from a table of leads whose outcome is known, or from the store's own closings.",
        discussion: """
            The delimiter, a byte order mark and quoted line ends are found out. Columns and their kinds are inferred and \
            printed; identifiers, constants, what policy forbids and what is known only after the outcome are left out, each \
            with its reason. Several kinds of models are tried on rows that they weren't fitted to (boosted forests of different \
            depth, an additive scorecard, the base rate) and the best mean of them becomes one additive forest. A table of \
            the 28 lead features is learned on top of the prior, as far as that serves rows held back. Five rows of either \
            outcome are the least. The same file and seed give the same model, on any number of processors, as long as \
            the budget lets all settings be tried. Quality is measured on rows held out, never on training rows.

            With --from-store the rows are the stored scores, with their features as they were at scoring time, joined with \
            what came within the label window; a server may run meanwhile. docs/learning.md says how.

            Example:
              leadwire train history.csv --label converted --positive yes --time created_at --out model.leadwire
              leadwire train --from-store --data data --label-window 90d --out model.leadwire
            """)

    @Argument(help: "The table: CSV with a header.") var file: String?
    @Option(help: "The column that says what became of the lead.") var label: String?
    @Option(help: "The label's value that counts as converted. [default: yes, true, 1 or won, where it is plain]")
    var positive: String?
    @Option(
        help: """
            The column that says when: the newest rows are held out, dates become ages at that time, and where the share of \
            positives moved with time, probabilities follow the newest rows.
            """)
    var time: String?
    @Option(help: "Columns to leave out, separated by commas.") var exclude: String?
    @Option(
        help: """
            Columns that policy or the leakage check would leave out and that are used all the same, separated by commas, or \
            "all". For tables that are not about housing; the card says so.
            """)
    var allow: String?
    @Option(help: "Share of the rows to measure on (0: none), or a CSV file of its own.") var holdout = "0.2"
    @Option(help: "Fixes every random choice.") var seed: UInt64 = 1
    @Option(
        help: """
            Time for search and training: 90s, 2m, 1h. What is chosen is always trained to the end, and the first settings \
            get ten seconds.
            """)
    var budget = "2m"
    @Option(help: "What people call the model. [default: the name of the artifact]") var name: String?
    @Option(name: [.long, .short], help: "The model artifact to write.") var out: String
    @Flag(help: "Print the hold-out figures as JSON on the standard output.") var json = false
    @OptionGroup(title: "From the store") var store: TrainFromStore

    func validate() throws {
        guard store.fromStore else {
            if let stray = store.strayOption { throw ValidationError("\(stray) goes with --from-store") }
            guard file != nil else { throw ValidationError("give a table to learn from, or --from-store") }
            guard label != nil else { throw ValidationError("say which column is the label: --label COLUMN") }
            return
        }
        guard file == nil else { throw ValidationError("a table and --from-store exclude each other") }
        for (name, value) in [("--label", label), ("--positive", positive), ("--time", time), ("--allow", allow)]
        where value != nil {
            throw ValidationError("\(name) is of a table; with --from-store the label is the outcome in the window")
        }
    }

    func run() async throws {
        if store.fromStore {
            try await store.train(options: try fromStoreOptions(), out: out, json: json)
        } else if let file, let label {
            try run(file: file, label: label)
        }
    }

    private func run(file: String, label: String) throws {
        do throws(TableError) {
            try train(file: file, label: label)
        } catch {
            // The reader stops at the first of them.
            let isRow = [.raggedRow, .invalidQuoting, .invalidUTF8].contains(error.code) && file != "-"
            guard isRow else { throw CommandFailure(error, file: file) }
            throw CommandFailure(
                "\(file): \(error); leadwire doctor \(file) --label \(label) counts all such rows")
        }
    }

    private func train(file: String, label: String) throws(TableError) {
        let options = try options(label: label)
        let bar = ProgressBar()
        let table = try RawTable(path: file) { done, total in
            bar.update(stage: "reading", done: done, total: total, unit: "bytes")
        }
        let trainer = try Trainer(table: table, options: options)
        bar.finish()
        TrainReport.describe(trainer)
        let outcome = try trainer.run { state in
            bar.update(stage: state.stage, done: state.done, total: state.total, unit: state.unit)
        }
        bar.finish()
        TrainReport.describe(outcome, label: label)
        do {
            try outcome.artifact.write(to: out)
        } catch {
            throw TableError(.unwritable, error.description)
        }
        Terminal.say("wrote \(out), \(outcome.artifact.sha256)")
        if json { Terminal.printJSON(TrainReport.json(trainer, outcome, path: out)) }
    }

    private func fromStoreOptions() throws -> TrainingOptions {
        do throws(TableError) {
            let options = try options(label: "")
            if case .file = options.holdout {
                throw TableError(.invalidOption, "--holdout is a share below 1 (0: none) with --from-store")
            }
            return options
        } catch {
            throw CommandFailure(error)
        }
    }

    private func options(label: String) throws(TableError) -> TrainingOptions {
        var options = TrainingOptions(label: label)
        options.positive = positive
        options.time = time
        options.exclude = Set(Self.list(exclude))
        options.allow = allow == "all" ? .all : .columns(Set(Self.list(allow)))
        options.seed = seed
        options.name = name ?? ModelName.of(path: out)
        do {
            options.prior = try Prior.artifact(profile: AgencyProfile()).forest
        } catch {
            throw TableError(.library, "the prior can't be built: \(error)")
        }
        guard let duration = DurationText.duration(budget) else {
            throw TableError(.invalidOption, "--budget \(budget) is no time; write 90s, 2m or 1h")
        }
        options.budget = duration
        if let share = Double(holdout) {
            guard (0..<1).contains(share) else {
                throw TableError(
                    .invalidOption, "--holdout must be 0, a share below 1, or a CSV file; it is \(holdout)")
            }
            options.holdout = share == 0 ? .none : .share(share)
        } else {
            options.holdout = .file(holdout)
        }
        return options
    }

    private static func list(_ text: String?) -> [String] {
        text?.split(separator: ",").map { String(CellText.trimmed($0)) }.filter { !$0.isEmpty } ?? []
    }
}

/// `90s`, `2m`, `1h`, `90d`, or seconds without a letter.
enum DurationText {
    static func duration(_ text: String) -> Duration? {
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        let unit = text.last.flatMap { units[$0] }
        guard let value = Double(unit == nil ? text : String(text.dropLast())), value > 0, value < 1e6 else {
            return nil
        }
        return .seconds(value * (unit ?? 1))
    }
}

enum ModelName {
    /// The file's name without folders and extension.
    static func of(path: String) -> String {
        let last = path.split(separator: "/").last.map(String.init) ?? "model"
        return last.hasSuffix(".leadwire") ? String(last.dropLast(9)) : last
    }
}
