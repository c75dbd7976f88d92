import Features
import Forest
import Leads
import Learning
import TestSupport
import Testing

@testable import Scoring

/// Models of tenants, and models on trial.
@Suite struct TrialTests {
    private let other: ModelArtifact

    init() throws {
        var profile = AgencyProfile()
        profile.thresholds.hot = 95
        other = try Prior.artifact(profile: profile)
    }

    @Test func `a tenant's own model scores its leads, and everyone's the others'`() async throws {
        let fixture = try EngineFixture()
        let north = Tenant("north")
        try fixture.engine.serve(other, in: .tenant(north))
        let of = { (tenant: Tenant) async throws -> String? in
            let request = ScoreRequest(tenant: tenant, input: .lead(LeadFactory.bare(), json: Array("{}".utf8)))
            return try await fixture.engine.score(request).record?.score.model.sha256
        }
        #expect(try await of(north) == other.sha256)
        #expect(try await of(Tenant("south")) == fixture.engine.everyonesModel.sha256)
        #expect(fixture.engine.tenantsWithOwnModel == [north])
    }

    @Test func `a model on trial scores every lead unseen, from the same features`() async throws {
        let fixture = try EngineFixture()
        try fixture.engine.tryOut(other, in: .everyone)
        for lead in LeadFactory.simulated(12, at: fixture.clock.now) {
            let record = try await fixture.score(lead)
            let shadow = try #require(record.shadow)
            #expect(shadow.modelSHA256 == other.sha256)
            #expect(record.score.model.sha256 != other.sha256)
            // The same lead scored by that model alone gives what the trial said.
            let alone = try EngineFixture(model: other)
            let vector = try #require(record.features)
            let direct = try #require(try await alone.engine.score(alone.request("x", vector)).record)
            #expect(direct.score.mlScore == shadow.mlScore)
            #expect(direct.score.conversionProbability == shadow.conversionProbability)
        }
        #expect(fixture.engine.statistics.shadows == 12)
    }

    @Test func `a tenant with a model of its own is not part of everyone's trial`() async throws {
        let fixture = try EngineFixture()
        try fixture.engine.serve(try Prior.artifact(profile: AgencyProfile()), in: .tenant(.local))
        try fixture.engine.tryOut(other, in: .everyone)
        #expect(try await fixture.score(LeadFactory.bare()).shadow == nil)
        try fixture.engine.tryOut(other, in: .tenant(.local))
        #expect(try await fixture.score(LeadFactory.bare()) { $0.forceRefresh = true }.shadow != nil)
    }

    @Test func `promotion ends a trial, and so does ending it`() throws {
        let fixture = try EngineFixture()
        try fixture.engine.tryOut(other, in: .everyone)
        #expect(fixture.engine.challenger(of: .local)?.sha256 == other.sha256)
        try fixture.engine.serve(other, in: .everyone)
        #expect(fixture.engine.challenger(of: .local) == nil)
        try fixture.engine.tryOut(other, in: .everyone)
        try fixture.engine.tryOut(nil, in: .everyone)
        #expect(fixture.engine.trial(in: .everyone) == nil)
    }
}
