import CacheConformance
import RedisTestServer
import Testing

@Suite struct MemoryConformanceTests {
    @Test(.timeLimit(.minutes(5)), arguments: CacheCase.all)
    func `memory keeps the promise`(_ promise: CacheCase) async throws {
        try await promise.check(MemoryHarness())
    }
}

@Suite(.needsRedis) struct RedisConformanceTests {
    @Test(.timeLimit(.minutes(5)), arguments: CacheCase.all)
    func `Redis keeps the promise`(_ promise: CacheCase) async throws {
        try await promise.check(RedisHarness(.redis))
    }

    @Test(.timeLimit(.minutes(5)), arguments: CacheCase.all)
    func `Redis with memory in reserve keeps the promise`(_ promise: CacheCase) async throws {
        try await promise.check(RedisHarness(.resilient))
    }

    @Test(.timeLimit(.minutes(5)), arguments: CacheCase.all)
    func `memory in the place of a Redis that is away keeps the promise`(_ promise: CacheCase) async throws {
        try await promise.check(RedisHarness(.resilientWithoutServer))
    }
}
