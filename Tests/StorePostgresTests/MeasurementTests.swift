import Features
import Foundation
import Leads
import Scoring
import StoreConformance
import Testing

@testable import StorePostgres

/// Figures, not promises: run by hand with LEADWIRE_MEASURE=1, in a release build for figures that mean something.
@Suite(
    .needsServer, .serialized,
    .enabled(if: ProcessInfo.processInfo.environment["LEADWIRE_MEASURE"] == "1", "figures are measured by hand"))
struct MeasurementTests {
    private static let rows = 20_000

    private func report(_ what: String, _ count: Int, _ time: Duration) {
        let rate = Double(count) / (time / .seconds(1))
        FileHandle.standardError.write(Data("MEASURED \(what): \(Int(rate)) rows/s\n".utf8))
    }

    private func median(_ times: [Duration]) -> Duration { times.sorted()[times.count / 2] }

    /// One transaction a group, a score and an event each, over the real tables: once by the store's own statements, once
    /// by one prepared INSERT a row in pipeline mode.
    @Test(.timeLimit(.minutes(10)), arguments: [Durability.full, .process], [10, 100, 256])
    func `a group's rows by unnest against pipeline mode`(_ durability: Durability, _ size: Int) async throws {
        let groups = min(200, Self.rows / size)
        var (unnest, pipeline): ([Duration], [Duration]) = ([], [])
        for _ in 0..<3 {
            for byRow in [false, true] {
                let harness = try PostgresHarness { $0.durability = durability }
                await (try await harness.openStore()).close()
                let connection = try PostgresConnection.open(
                    PostgresAddress(harness.address), harness.configuration, writer: WriterIdentity())
                var state = GroupState()
                state.logs[Sample.tenant] = LogRow(id: 1, epoch: "e")
                let clock = ContinuousClock()
                var spent = Duration.zero
                for group in 0..<groups {
                    let commits = (0..<size).map { Sample.scored("\(group).\($0)", at: Sample.at(0)) }
                    var next = GroupState()
                    next.logs = state.logs
                    for commit in commits { _ = try next.apply(commit) }
                    let writes = GroupWrites(state: next, retention: EventRetention())
                    spent += try clock.measure {
                        let statements = try byRow ? Self.byRow(next) : writes.statements()
                        _ = try connection.run(
                            [.once("BEGIN")] + statements + [.once("COMMIT")], within: .seconds(30))
                    }
                    state = next
                }
                if byRow { pipeline.append(spent) } else { unnest.append(spent) }
            }
        }
        let count = groups * size
        let what = "\(durability.rawValue), \(size) scores with their events a transaction"
        report("\(what), unnest", count, median(unnest))
        report("\(what), pipeline", count, median(pipeline))
    }

    /// The same rows by one prepared INSERT each; the tenant's row once, as it is.
    private static func byRow(_ state: GroupState) throws -> [Statement] {
        var statements: [Statement] = []
        for (score, event) in zip(state.scores, state.events) {
            let value = score.record.score
            let tenant = try state.log(of: score.record.tenant).id
            let key = LeadKey(tenant: score.record.tenant, id: value.leadID)
            guard let lead = state.leads[key] else { throw NoServer(why: "a score without its lead") }
            var leads = Statement(
                """
                INSERT INTO leads (tenant, id, lead_id, latest, shelf, score_rank, updated, commission_rank, source,
                    first_scored, timeline, opted_out)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
                ON CONFLICT (tenant, id) DO UPDATE SET latest = excluded.latest, shelf = excluded.shelf,
                    score_rank = excluded.score_rank, updated = excluded.updated,
                    commission_rank = excluded.commission_rank, source = excluded.source,
                    first_scored = excluded.first_scored, timeline = excluded.timeline, opted_out = excluded.opted_out
                """
            ).binding(tenant).binding(lead.id).binding(key.id).binding(lead.latest).binding(lead.shelf)
                .binding(lead.scoreRank).binding(lead.updated).binding(lead.commissionRank).binding(lead.source)
                .binding(lead.firstScored).binding(lead.timeline)
            leads.bind(lead.optedOut)
            var scores = Statement(
                """
                INSERT INTO scores (tenant, id, lead, scored_at, ml_score, probability, confidence, classification,
                    estimated_commission, model, name, source, features, body, lead_json)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
                """
            ).binding(tenant).binding(score.id).binding(score.lead).binding(value.scoredAt.milliseconds)
                .binding(value.mlScore).binding(value.conversionProbability).binding(value.confidence)
                .binding(value.classification.stored).binding(value.estimatedCommission).binding(value.model.sha256)
                .binding(score.record.leadName).binding(score.record.leadSource)
            scores.bindBytes(score.record.features?.bytes)
            scores.bindBytes(score.record.body)
            scores.bindBytes(score.record.lead)
            var events = Statement(
                """
                INSERT INTO events (tenant, log_offset, at, lead, type, event_id, data)
                VALUES ($1, $2, $3, $4, $5, $6, $7)
                """
            ).binding(tenant).binding(Int64(event.offset)).binding(event.event.timestamp.milliseconds)
                .binding(lead.id).binding(event.event.type.rawValue).binding(event.event.id)
            events.bindBytes(event.event.data)
            statements += [leads, scores, events]
        }
        let logs = try GroupWrites(state: state, retention: EventRetention()).statements().suffix(1)
        return statements + logs
    }

    @Test(.timeLimit(.minutes(10)), arguments: [Durability.full, .process], [1, 64, 512])
    func `commits a second through the store`(_ durability: Durability, _ callers: Int) async throws {
        let harness = try PostgresHarness { $0.durability = durability }
        let store = try await harness.openStore()
        let each = max(20, min(400, 12_000 / callers))
        let time = try await ContinuousClock().measure {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for caller in 0..<callers {
                    group.addTask {
                        for number in 0..<each {
                            _ = try await store.commit(Sample.scored("\(caller).\(number)", at: Sample.at(0)))
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        report("\(durability.rawValue), \(callers) callers, commits through the store", callers * each, time)
        let reads = try await ContinuousClock().measure {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        for number in 0..<500 {
                            _ = try await store.state(of: "0.\(number % each)", tenant: Sample.tenant)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        report("8 callers, states read", 4_000, reads)
        await store.close()
    }
}

extension Statement {
    fileprivate mutating func bindBytes(_ value: [UInt8]?) {
        types.append(TypeOID.bytes.rawValue)
        arguments.append(value)
    }
}
