import Foundation
import JSONBytes
import Leads
import Learning
import Logging
import Scoring
import StoreConformance
import StoreSQLite
import TestSupport
import Testing

@testable import LeadwireServer

/// What becomes of a model on trial, over a real store.
@Suite(.timeLimit(.minutes(5))) struct TrialJudgeTests {
    private static let day = Duration.seconds(86_400)

    /// A store with a prior in service and another on trial, and scores of both from a hundred days ago.
    private struct Case {
        let store: SQLiteLeadStore
        let engine: ScoringEngine
        let desk: ModelDesk
        let judge: TrialJudge
        let trial: String
        let prior: String
        let sink = RecordingSink()
        let scope = ModelScope.tenant(Sample.tenant)

        init(in folder: URL, promotion: LearningSettings.Promotion = .auto) async throws {
            let clock = TestClock(Sample.at(0).advanced(by: TrialJudgeTests.day * 100))
            store = try SQLiteLeadStore(path: folder.appendingPathComponent("leadwire.sqlite").path, sink: sink)
            let champion = try Prior.artifact(profile: AgencyProfile())
            prior = champion.sha256
            engine = try ScoringEngine(
                model: champion, profile: AgencyProfile(), store: store, cache: MemoryScoreCache(clock: clock),
                clock: clock)
            let models = ModelSwitch(
                shelf: store, engine: engine, acceptsPolicyOverride: false, hasTenants: true, clock: clock)
            desk = ModelDesk(models: models, engine: engine, store: store, ledger: store, nodes: nil, clock: clock)
            var settings = LearningSettings()
            settings.promotion = promotion
            judge = TrialJudge(
                source: store, ledger: store, engine: engine, desk: desk, settings: settings, clock: clock,
                logger: LiveServer.silent)
            var profile = AgencyProfile()
            profile.thresholds.hot = 95
            let other = try Prior.artifact(profile: profile)
            trial = other.sha256
            _ = try await desk.add(artifact: other.serialized(), in: scope, caller: Sample.tenant)
        }

        /// `count` leads, one of five won; the champion says 0.2 of all, the trial `won` and `lost`.
        func fill(_ count: Int, won: Double, lost: Double) async throws {
            for number in 0..<count {
                var record = Sample.record("lead \(number)", at: Sample.at(Int64(number)), probability: 0.2)
                let wins = number % 5 == 0
                record.shadow = ShadowScore(modelSHA256: trial, mlScore: 50, conversionProbability: wins ? won : lost)
                var commit = Commit(scores: [record])
                if wins {
                    commit.outcomes = Sample.outcome("lead \(number)", .won, at: Sample.at(9_000_000)).outcomes
                }
                _ = try await store.commit(commit)
            }
        }

        func states() async throws -> [String] {
            try await store.events(after: 0, tenant: Sample.tenant, limit: 20).compactMap {
                guard case .event(let event) = $0 else { return nil }
                return try JSONDocument(parsing: event.event.data).root["state"]?.string
            }
        }
    }

    @Test func `a trial that was better takes over, and the stream is told with the figures`() async throws {
        try await LiveServer.inFolder { folder in
            let one = try await Case(in: folder)
            try await one.fill(300, won: 0.6, lost: 0.1)
            await one.judge.judgeAll()
            #expect(one.engine.model(of: Sample.tenant).sha256 == one.trial)
            #expect(one.engine.everyonesModel.sha256 == one.prior)
            #expect(one.engine.challenger(of: Sample.tenant) == nil)
            #expect(try await one.states() == ["challenger", "promoted"])
            await one.store.close()
        }
    }

    @Test func `a trial that was worse is rejected for good`() async throws {
        try await LiveServer.inFolder { folder in
            let one = try await Case(in: folder)
            try await one.fill(300, won: 0.05, lost: 0.4)
            await one.judge.judgeAll()
            #expect(one.engine.model(of: Sample.tenant).sha256 == one.prior)
            #expect(one.engine.challenger(of: Sample.tenant) == nil)
            try await one.desk.models.follow()
            #expect(one.engine.challenger(of: Sample.tenant) == nil)
            #expect(try await one.states() == ["challenger", "rejected"])
            await one.store.close()
        }
    }

    @Test func `too few leads decide nothing, and a person keeps the last word where that is set`() async throws {
        try await LiveServer.inFolder { folder in
            let one = try await Case(in: folder)
            try await one.fill(99, won: 0.6, lost: 0.1)
            await one.judge.judgeAll()
            #expect(one.engine.challenger(of: Sample.tenant)?.sha256 == one.trial)
            #expect(one.judge.standing(of: Sample.tenant)?.rows == 99)
            await one.store.close()
        }
        try await LiveServer.inFolder { folder in
            let one = try await Case(in: folder, promotion: .manual)
            try await one.fill(300, won: 0.6, lost: 0.1)
            await one.judge.judgeAll()
            #expect(one.judge.standing(of: Sample.tenant)?.verdict == .better)
            #expect(one.engine.model(of: Sample.tenant).sha256 == one.prior)
            #expect(try await one.states() == ["challenger"])
            await one.store.close()
        }
    }

    @Test func `a tenant with a model of its own tries out only what is its own`() async throws {
        func artifact(hot: Double) throws -> ModelArtifact {
            var profile = AgencyProfile()
            profile.thresholds.hot = hot
            return try Prior.artifact(profile: profile)
        }
        try await LiveServer.inFolder { folder in
            let one = try await Case(in: folder)
            try await one.desk.promote(one.trial, in: one.scope, caller: Sample.tenant)
            let everyones = try artifact(hot: 90)
            _ = try await one.desk.add(artifact: everyones.serialized(), in: .everyone, caller: Sample.otherTenant)
            try await one.desk.models.follow()
            #expect(one.engine.trial(in: .everyone)?.sha256 == everyones.sha256)
            #expect(one.engine.trial(in: one.scope) == nil)
            #expect(one.engine.challenger(of: Sample.tenant) == nil)

            let own = try artifact(hot: 85)
            _ = try await one.desk.add(artifact: own.serialized(), in: one.scope, caller: Sample.tenant)
            #expect(one.engine.trial(in: one.scope)?.sha256 == own.sha256)
            #expect(one.engine.trial(in: .everyone)?.sha256 == everyones.sha256)
            #expect(one.engine.model(of: Sample.tenant).sha256 == one.trial)
            await one.store.close()
        }
    }
}
