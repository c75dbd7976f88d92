import Foundation
import Leads
import Learning
import Logging
import Scoring
import StoreConformance
import StoreSQLite
import Synchronization
import TestSupport
import Testing

@testable import LeadwireServer

/// When it is time to learn again. The training itself is `tests-live/test_retraining.py`'s, with the real process.
@Suite(.timeLimit(.minutes(5))) struct RetrainingTests {
    private let now = Timestamp(milliseconds: 1_700_000_000_000)

    private func ago(_ hours: Int64) -> Timestamp { now.advanced(by: .seconds(-3_600 * hours)) }

    private func mark(_ outcomes: Int, hoursAgo: Int64, busyFor: Duration = .zero) -> TrainingMark {
        let start = ago(hoursAgo)
        return TrainingMark(outcomes: outcomes, startedAt: start, busyUntil: start.advanced(by: busyFor))
    }

    @Test func `a first model waits for fifty of each`() {
        let settings = LearningSettings()
        #expect(!settings.isDue(nil, won: 49, other: 500, at: now))
        #expect(!settings.isDue(nil, won: 500, other: 49, at: now))
        #expect(settings.isDue(nil, won: 50, other: 50, at: now))
    }

    @Test func `it is time again after enough new outcomes, or after a day with any`() {
        let settings = LearningSettings()
        #expect(!settings.isDue(mark(100, hoursAgo: 3), won: 60, other: 89, at: now))
        #expect(settings.isDue(mark(100, hoursAgo: 3), won: 60, other: 90, at: now))
        #expect(!settings.isDue(mark(100, hoursAgo: 25), won: 50, other: 50, at: now))
        #expect(settings.isDue(mark(100, hoursAgo: 25), won: 50, other: 51, at: now))
    }

    @Test func `nobody trains while another does, nor at once after one that began`() {
        let settings = LearningSettings()
        let busy = mark(0, hoursAgo: 1, busyFor: .seconds(2 * 3_600))
        #expect(!settings.isDue(busy, won: 500, other: 500, at: now))
        #expect(!settings.isDue(mark(0, hoursAgo: 0), won: 500, other: 500, at: now))
        // One whose node died is given up when its time is over.
        let dead = mark(0, hoursAgo: 3, busyFor: .seconds(2 * 3_600))
        #expect(settings.isDue(dead, won: 500, other: 500, at: now))
    }

    @Test func `what is switched off is never due`() {
        var settings = LearningSettings()
        settings.afterOutcomes = 0
        #expect(!settings.isDue(mark(0, hoursAgo: 3), won: 500, other: 500, at: now))
        #expect(settings.isDue(mark(0, hoursAgo: 25), won: 500, other: 500, at: now))
        settings.every = nil
        #expect(!settings.isDue(nil, won: 500, other: 500, at: now))
        #expect(!settings.isDue(mark(0, hoursAgo: 250), won: 500, other: 500, at: now))
    }

    // MARK: Over a store

    /// A retrainer over a store of its own, whose trainer learns nothing.
    private struct Case {
        let store: SQLiteLeadStore
        let trainer: FailingTrainer
        let retrainer: Retrainer
        let clock = TestClock(Sample.at(0).advanced(by: .seconds(100 * 86_400)))
        let sink = RecordingSink()

        init(in folder: URL, failure: TrainingFailure = TrainingFailure("x")) throws {
            store = try SQLiteLeadStore(path: folder.appendingPathComponent("leadwire.sqlite").path, sink: sink)
            let engine = try ScoringEngine(
                model: Prior.artifact(profile: AgencyProfile()), profile: AgencyProfile(), store: store,
                cache: MemoryScoreCache(clock: clock), clock: clock)
            let models = ModelSwitch(
                shelf: store, engine: engine, acceptsPolicyOverride: false, hasTenants: true, clock: clock)
            let desk = ModelDesk(models: models, engine: engine, store: store, ledger: store, nodes: nil, clock: clock)
            trainer = FailingTrainer(ledger: store, failure: failure)
            retrainer = Retrainer(
                settings: LearningSettings(), trainer: trainer, ledger: store, desk: desk, judge: nil, clock: clock,
                logger: LiveServer.silent)
        }

        /// One lead won and one lost for each number.
        func close(_ numbers: Range<Int>) async throws {
            var commit = Commit()
            for number in numbers {
                commit.outcomes += Sample.outcome("won \(number)", .won, at: Sample.at(0)).outcomes
                commit.outcomes += Sample.outcome("lost \(number)", .lost, at: Sample.at(0)).outcomes
            }
            _ = try await store.commit(commit)
        }

        func outcomesOfMark() async throws -> Int? { try await store.trainingMark(of: Sample.tenant)?.outcomes }
    }

    @Test func `sixteen tenants may wait for a training, and who waits needn't ask twice`() async throws {
        try await LiveServer.inFolder { folder in
            // Nothing runs, so nobody's turn comes.
            let one = try Case(in: folder)
            let tenants = (0..<17).map { Tenant("tenant \($0)") }
            for tenant in tenants.prefix(16) { #expect(one.retrainer.ask(for: tenant), "\(tenant)") }
            #expect(!one.retrainer.ask(for: tenants[16]))
            #expect(one.retrainer.ask(for: tenants[3]))
            #expect(!one.retrainer.ask(for: tenants[16]))
            await one.store.close()
        }
    }

    /// Columns: whether more outcomes are what the training lacks, and the outcomes that count as seen after it.
    @Test(arguments: [(false, 0), (true, 100)])
    func `a process that dies while it trains has learned nothing`(lacksOutcomes: Bool, seen: Int) async throws {
        try await LiveServer.inFolder { folder in
            let failure = TrainingFailure("x", needsMoreOutcomes: lacksOutcomes)
            let one = try Case(in: folder, failure: failure)
            try await one.close(0..<50)
            await one.retrainer.train(Sample.tenant)
            // This is what another process would find.
            #expect(one.trainer.marks.count == 1)
            let left = try #require(one.trainer.marks.first)
            #expect(left.outcomes == 0 && left.startedAt == one.clock.now && left.busyUntil > one.clock.now)
            let later = one.clock.now.advanced(by: .seconds(3 * 3_600))
            #expect(LearningSettings().isDue(left, won: 50, other: 50, at: later))
            #expect(try await one.outcomesOfMark() == seen)
            await one.store.close()
        }
    }

    @Test func `outcomes that were erased are not waited for again`() async throws {
        try await LiveServer.inFolder { folder in
            let one = try Case(in: folder)
            try await one.close(0..<30)
            // There were twice as many when it was trained.
            let mark = TrainingMark(outcomes: 120, startedAt: Sample.at(0), busyUntil: Sample.at(0))
            let isNoted = try await one.store.mark(Sample.tenant, mark, replacing: nil)
            #expect(isNoted)
            await one.retrainer.look()
            #expect(one.trainer.marks.isEmpty)
            #expect(try await one.outcomesOfMark() == 60)
            // From there fifty are enough.
            try await one.close(30..<55)
            await one.retrainer.look()
            #expect(one.trainer.marks.count == 1)
            await one.store.close()
        }
    }
}

/// Keeps the marks that stand while it trains, and then fails.
private final class FailingTrainer: ModelTrainer {
    private let ledger: any TrainingLedger
    private let failure: TrainingFailure
    private let found = Mutex<[TrainingMark]>([])

    init(ledger: any TrainingLedger, failure: TrainingFailure) {
        self.ledger = ledger
        self.failure = failure
    }

    var marks: [TrainingMark] { found.withLock { $0 } }

    func train(tenant: Tenant, against champion: ModelArtifact) async throws -> TrainedModel {
        let mark = try await ledger.trainingMark(of: tenant)
        let standing = try #require(mark)
        found.withLock { $0.append(standing) }
        throw failure
    }
}
