import Foundation
import Leads
import Learning
import Scoring
import StoreConformance
import StoreSQLite
import TestSupport
import Testing

/// A window of seven days outlives the process that counts it.
@Suite(.timeLimit(.minutes(5))) struct DriftRecallTests {
    private let clock = TestClock()

    private func engine(_ store: SQLiteLeadStore, _ model: ModelArtifact) throws -> ScoringEngine {
        try ScoringEngine(
            model: model, profile: AgencyProfile(), store: store, cache: MemoryScoreCache(clock: clock), clock: clock)
    }

    private func score(_ leads: [Lead], _ engine: ScoringEngine, tenant: Tenant = Sample.tenant) async throws {
        for lead in leads {
            _ = try await engine.score(
                ScoreRequest(tenant: tenant, input: .lead(lead, json: []), escalation: .never))
        }
    }

    private func inStore(_ body: (SQLiteLeadStore) async throws -> Void) async throws {
        try await LiveServer.inFolder { folder in
            let store = try SQLiteLeadStore(
                path: folder.appendingPathComponent("leadwire.sqlite").path, sink: RecordingSink())
            try await body(store)
            await store.close()
        }
    }

    @Test func `after a restart the window holds the seven days before, once`() async throws {
        try await inStore { store in
            let model = try Prior.artifact(profile: AgencyProfile())
            let before = try engine(store, model)
            let leads = LeadFactory.simulated(40, at: clock.now)
            try await score(Array(leads[..<10]), before)
            clock.advance(by: .seconds(86_400 * 3))
            try await score(Array(leads[10..<25]), before)
            try await score(Array(leads[25..<30]), before, tenant: Sample.otherTenant)
            clock.advance(by: .seconds(86_400 * 4))
            try await score(Array(leads[30..<39]), before)

            clock.advance(by: .seconds(60))
            let after = try engine(store, model)
            #expect(after.drift(of: Sample.tenant) == nil)
            try await score([leads[39]], after)
            try await score([leads[39]], before)
            #expect(after.drift(of: Sample.tenant)?.rows == 1)
            // The first ten are a week and a day old.
            for _ in 0..<2 {
                try await after.recallDrift(of: Sample.tenant, from: store)
                #expect(after.drift(of: Sample.tenant)?.rows == 25)
            }
            #expect(after.drift(of: Sample.tenant) == before.drift(of: Sample.tenant))
        }
    }

    @Test func `another model is shown what came in before it`() async throws {
        try await inStore { store in
            let engine = try engine(store, try Prior.artifact(profile: AgencyProfile()))
            let leads = LeadFactory.simulated(21, at: clock.now)
            try await score(Array(leads[..<20]), engine)
            try await engine.recallDrift(of: Sample.tenant, from: store)
            #expect(engine.drift(of: Sample.tenant)?.rows == 20)

            var profile = AgencyProfile()
            profile.thresholds.hot = 95
            try engine.serve(try Prior.artifact(profile: profile), in: .everyone)
            clock.advance(by: .seconds(1))
            try await score([leads[20]], engine)
            #expect(engine.drift(of: Sample.tenant)?.rows == 1)
            try await engine.recallDrift(of: Sample.tenant, from: store)
            #expect(engine.drift(of: Sample.tenant)?.rows == 21)
        }
    }
}
