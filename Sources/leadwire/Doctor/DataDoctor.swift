import ArgumentParser
import Training

/// `leadwire doctor FILE.csv`: a table before anything is learned from it.
struct DataDoctor {
    struct Options: ParsableArguments {
        @Option(help: "The column that says what became of the lead.") var label: String?
        @Option(help: "The label's value that counts as converted. [default: yes, true, 1 or won, where it is plain]")
        var positive: String?
        @Option(help: "The column that says when: dates later than it were not known then.") var time: String?

        var isGiven: Bool { label != nil || positive != nil || time != nil }
    }

    let file: String
    let options: Options
    let isJSON: Bool

    func run() throws {
        guard let label = options.label else {
            throw CommandFailure("\(file): say which column holds the outcome with --label", code: 2)
        }
        let question = TableExamination.Question(label: label, positive: options.positive, time: options.time)
        let examination: TableExamination
        do throws(TableError) {
            let bar = ProgressBar()
            defer { bar.finish() }
            examination = try TableExamination(path: file, question: question) { done, total in
                bar.update(stage: "reading", done: done, total: total, unit: "bytes")
            }
        } catch {
            throw CommandFailure(error, file: file)
        }
        if isJSON {
            Terminal.printJSON(DataReport.json(examination, file: file))
        } else {
            for line in DataReport.lines(examination, file: file) { Terminal.print(line) }
        }
        guard examination.obstacles.isEmpty else {
            let count = examination.obstacles.count
            throw CommandFailure(
                "\(file): leadwire train refuses this table, for \(count) reason\(count == 1 ? "" : "s")")
        }
        if !isJSON { Terminal.say("leadwire train takes this table") }
    }
}
