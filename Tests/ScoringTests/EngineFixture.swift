import Features
import Leads
import Learning
import TestSupport

@testable import Scoring

/// An engine with the prior, a clock that stands still, and a store that remembers.
struct EngineFixture {
    let clock = TestClock()
    let store = MemoryLeadStore()
    let cache: MemoryScoreCache
    let engine: ScoringEngine
    let profile: AgencyProfile

    init(
        profile: AgencyProfile = AgencyProfile(), configuration: ScoringConfiguration = ScoringConfiguration(),
        model: ModelArtifact? = nil
    ) throws {
        self.profile = profile
        cache = MemoryScoreCache(clock: clock)
        engine = try ScoringEngine(
            model: try model ?? Prior.artifact(profile: profile), profile: profile, store: store, cache: cache,
            clock: clock, configuration: configuration)
    }

    func request(_ lead: Lead, _ change: (inout ScoreRequest) -> Void = { _ in }) -> ScoreRequest {
        var request = ScoreRequest(tenant: .local, input: .lead(lead, json: Array("{\"lead_id\":\"x\"}".utf8)))
        change(&request)
        return request
    }

    func request(_ leadID: String, _ vector: FeatureVector) -> ScoreRequest {
        ScoreRequest(tenant: .local, input: .features(leadID: leadID, vector))
    }

    /// Scores and returns the record.
    func score(_ lead: Lead, _ change: (inout ScoreRequest) -> Void = { _ in }) async throws -> ScoreRecord {
        guard let record = try await engine.score(request(lead, change)).record else { throw ScoringError.noModel }
        return record
    }

    /// The types of all events so far, in order.
    var eventTypes: [EventType] { store.commits.flatMap(\.events).map(\.type) }
    var scoreCount: Int { store.commits.reduce(0) { $0 + $1.scores.count } }
}
