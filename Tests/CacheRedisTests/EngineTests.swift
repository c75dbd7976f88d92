import Foundation
import Leads
import Redis
import RedisTestServer
import Scoring
import TestSupport
import Testing

@testable import CacheRedis

/// Figures that somebody reads: shown where `LEADWIRE_TEST_FIGURES` is set.
enum Figures {
    static func note(_ text: String) {
        guard ProcessInfo.processInfo.environment["LEADWIRE_TEST_FIGURES"] != nil else { return }
        FileHandle.standardError.write(Data("figure: \(text)\n".utf8))
    }
}

/// The engine over the shared cache: what its callers notice.
@Suite(.needsRedis) struct EngineTests {
    /// Lives as long as the test.
    private let server: RedisProcess

    init() throws { server = try RedisProcess() }

    private struct Node {
        let store = MemoryLeadStore()
        let cache: RedisScoreCache
        let engine: ScoringEngine

        init(_ server: RedisProcess) throws {
            let clock = TestClock()
            cache = RedisScoreCache(try makeClient(server.address), settings: .patient())
            engine = try ScoringEngine(
                model: Prior.artifact(profile: AgencyProfile()), profile: AgencyProfile(), store: store, cache: cache,
                clock: clock)
        }

        var scores: Int { store.commits.reduce(0) { $0 + $1.scores.count } }
    }

    private func request(_ id: String) -> ScoreRequest {
        var lead = Lead(id: id)
        lead.message = "We are pre-approved for $450k and want to buy this month."
        return ScoreRequest(tenant: .local, input: .lead(lead, json: Array("{\"lead_id\":\"\(id)\"}".utf8)))
    }

    @Test(.timeLimit(.minutes(5)))
    func `two hundred equal requests at once on a cold cache cost one computation`() async throws {
        let node = try Node(server)
        let bodies = try await withThrowingTaskGroup(of: Double?.self) { group in
            for _ in 0..<200 { group.addTask { try await node.engine.score(request("a")).record?.score.mlScore } }
            return try await group.reduce(into: [Double?]()) { $0.append($1) }
        }
        #expect(node.scores == 1 && Set(bodies).count == 1 && bodies.count == 200)
        #expect(node.engine.statistics.scored == 1)
        // A second node's first request is a hit.
        let other = try Node(server)
        let answer = try await other.engine.score(request("a"))
        #expect(answer.cacheHit && other.scores == 0)
    }

    @Test(.timeLimit(.minutes(5)))
    func `a hit in Redis is byte for byte a hit in memory`() async throws {
        let node = try Node(server)
        let record = try #require(try await node.engine.score(request("a")).record)
        let key = CacheKey(tenant: .local, leadID: "a", high: 1, low: 2)
        try await node.cache.insert(record, for: key)
        let found = try #require(try await node.cache.record(for: key))
        #expect(found == record && found.body == record.body)
        #expect(ScoreJSON.score(found.score) == ScoreJSON.score(record.score))
        let bytes = ScoreRecordForm.bytes(of: record)
        let start = ContinuousClock.now
        for _ in 0..<200 { _ = ScoreRecordForm.bytes(of: record) }
        let writing = start.duration(to: .now) / 200
        let middle = ContinuousClock.now
        for _ in 0..<200 {
            _ = try ScoreRecordForm.record(bytes[...], for: CacheKey(tenant: .local, leadID: "a", high: 0, low: 0))
        }
        Figures.note(
            "a record: \(bytes.count) bytes, written in \(writing), read in \(middle.duration(to: .now) / 200) (debug)")
        let memory = try server.cli("MEMORY", "USAGE", String(decoding: RedisKeys.lead("a", .local), as: UTF8.self))
        Figures.note("two such entries of one lead take \(memory) bytes of Redis")
    }

    @Test(.timeLimit(.minutes(5)))
    func `a batch asks Redis once and writes once, whatever its size`() async throws {
        let node = try Node(server)
        let items = (0..<100).map { BatchItem.request(request("\($0)")) }
        _ = try await node.engine.scoreBatch(items, batchID: "b1", tenant: .local)
        let before = try server.cli("INFO", "stats")
        let start = ContinuousClock.now
        let again = try await node.engine.scoreBatch(items, batchID: "b2", tenant: .local)
        Figures.note("a batch of 100 hits in Redis: \(start.duration(to: .now)) (debug)")
        #expect(again.results.count == 100 && again.results.allSatisfy { $0.answer.cacheHit })
        func figure(_ name: String, _ text: String) -> Int {
            text.split(whereSeparator: \.isNewline).first { $0.hasPrefix(name + ":") }
                .flatMap { Int($0.dropFirst(name.count + 1)) } ?? 0
        }
        let after = try server.cli("INFO", "stats")
        let reads = figure("total_reads_processed", after) - figure("total_reads_processed", before)
        // A batch's bytes, and the two questions of this test.
        #expect(reads < 20, "\(reads) readings of sockets")
    }

    @Test(.timeLimit(.minutes(5)))
    func `a forgotten lead is computed anew on every node`() async throws {
        let (one, two) = (try Node(server), try Node(server))
        _ = try await one.engine.score(request("a"))
        #expect(try await two.engine.score(request("a")).cacheHit)
        try await two.engine.forget(leadID: "a", tenant: .local)
        #expect(try await !one.engine.score(request("a")).cacheHit)
    }

    @Test(.timeLimit(.minutes(5)))
    func `with memory in reserve an engine scores on without Redis, without a warning, and faster than a deadline`()
        async throws
    {
        let clock = TestClock()
        let shared = RedisScoreCache(try makeClient(server.address))
        try await until("the client is connected") { (try? await shared.ping()) != nil }
        let cache = ResilientScoreCache(shared, memory: MemoryScoreCache(clock: clock), logger: quiet)
        let engine = try ScoringEngine(
            model: Prior.artifact(profile: AgencyProfile()), profile: AgencyProfile(), store: MemoryLeadStore(),
            cache: cache, clock: clock)
        server.freeze()
        for number in 0..<20 {
            let answer = try await engine.score(request("\(number)"))
            #expect(answer.record?.score.warnings.contains { $0.hasPrefix("cache_unavailable") } == false)
        }
        #expect(!cache.isShared)
        let again = try await engine.score(request("19"))
        #expect(again.cacheHit, "memory serves")
        server.thaw()
    }
}
