import JSONBytes
import Leads
import LeadwireServer
import Learning
import Scoring

/// Takes a file of past leads into a store, a batch at a time.
struct Backfill {
    let engine: ScoringEngine
    let tenant: Tenant
    let model: ModelArtifact

    func run(_ rows: PastLeadFile) async throws -> BackfillSummary {
        var rows = rows
        var summary = BackfillSummary(model: model.sha256, tenant: tenant)
        let clock = ContinuousClock()
        let start = clock.now
        let now = SystemClock().now
        let bar = ProgressBar()
        defer { bar.finish() }
        var batch: [(line: Int, past: PastLead)] = []
        while let row = try await next(&rows, now, &batch, &summary) {
            summary.rows += 1
            summary.note(row.decoded.warnings)
            if let past = row.decoded.past {
                batch.append((row.line, past))
            } else {
                summary.reject(row.line, row.decoded.problems)
            }
            guard batch.count == ScoringEngine.backfillBatch else { continue }
            try await store(&batch, &summary)
            bar.update(stage: "backfilling", done: rows.bytesRead, total: rows.totalBytes, unit: "bytes")
        }
        try await store(&batch, &summary)
        summary.duration = start.duration(to: clock.now)
        return summary
    }

    /// What is whole is stored before a file that can't be read on ends it all.
    private func next(
        _ rows: inout PastLeadFile, _ now: Timestamp, _ batch: inout [(line: Int, past: PastLead)],
        _ summary: inout BackfillSummary
    ) async throws -> PastLeadFile.Row? {
        do {
            return try rows.next(now: now)
        } catch {
            try await store(&batch, &summary)
            throw error
        }
    }

    private func store(
        _ batch: inout [(line: Int, past: PastLead)], _ summary: inout BackfillSummary
    ) async throws {
        defer { batch = [] }
        let results = try await engine.backfill(batch.map(\.past), tenant: tenant)
        for ((line, past), result) in zip(batch, results) {
            switch result {
            case .scored: summary.scored += 1
            case .known: summary.known += 1
            case .refused: summary.refused += 1
            case .unprocessable(let problems): summary.reject(line, problems)
            }
            if [.scored, .known].contains(result), let outcome = past.outcome {
                summary.outcomes[outcome.result, default: 0] += 1
            }
        }
    }
}

/// What a backfill did, for people and programs. Names rows by their line and fields by their name, and holds nothing of a
/// lead.
struct BackfillSummary {
    /// Bad rows that are named; the others are counted.
    static let namedRows = 100

    let model: String
    let tenant: Tenant
    var rows = 0
    var scored = 0
    /// Stored by an earlier run.
    var known = 0
    /// Opted out or erased.
    var refused = 0
    private(set) var bad = 0
    var outcomes: [Outcome.Result: Int] = [:]
    var duration = Duration.zero
    private var problems: [(line: Int, problem: FieldProblem)] = []
    private var warnings: [String] = []

    init(model: String, tenant: Tenant) {
        self.model = model
        self.tenant = tenant
    }

    mutating func reject(_ line: Int, _ problems: [FieldProblem]) {
        bad += 1
        guard bad <= Self.namedRows else { return }
        self.problems += problems.map { (line, $0) }
    }

    /// Every row says the same of an unknown column: once is enough.
    mutating func note(_ warnings: [String]) {
        for warning in warnings where self.warnings.count < 20 && !self.warnings.contains(warning) {
            self.warnings.append(warning)
        }
    }

    private var seconds: Double { duration / .seconds(1) }

    func describe() {
        for warning in warnings { Terminal.say("warning: \(warning)") }
        for (line, problem) in problems { Terminal.say("line \(line): \(problem.field) \(problem.problem)") }
        if bad > Self.namedRows { Terminal.say("and \(bad - Self.namedRows) more rows that were not taken") }
        let told = Outcome.Result.allCases.map { "\(outcomes[$0] ?? 0) \($0.rawValue)" }.joined(separator: ", ")
        Terminal.say(
            "\(rows) rows in \(Figures.decimals(seconds, 1)) s: \(scored) scored, \(known) stored before, "
                + "\(refused) opted out or erased, \(bad) not taken; outcomes: \(told)")
    }

    func json(file: String) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("file", file)
        json.member("tenant", tenant.name)
        json.member("model", model)
        json.member("rows", rows)
        json.member("scored", scored)
        json.member("already_stored", known)
        json.member("opted_out_or_erased", refused)
        json.member("bad", bad)
        json.key("outcomes")
        json.beginObject()
        for result in Outcome.Result.allCases {
            json.key(result.rawValue)
            json.value(outcomes[result] ?? 0)
        }
        json.endObject()
        json.member("seconds", (seconds * 1_000).rounded() / 1_000)
        json.key("problems")
        json.beginArray()
        for (line, problem) in problems {
            json.beginObject()
            json.member("line", line)
            json.member("field", problem.field)
            json.member("problem", problem.problem)
            json.endObject()
        }
        json.endArray()
        json.key("warnings")
        json.beginArray()
        for warning in warnings { json.value(warning) }
        json.endArray()
        json.endObject()
        return json.bytes
    }
}
