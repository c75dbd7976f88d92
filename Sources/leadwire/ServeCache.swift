import CacheRedis
import Leads
import Logging
import Redis
import Scoring

/// Which cache serves: this process's memory, or a Redis that nodes share.
enum ServeCache: Sendable {
    case memory
    case redis(RedisAddress)

    /// Whether the Redis is there is not asked: scoring goes on without it.
    func open(
        clock: any WallClock, logger: Logger
    ) throws(ConfigurationError) -> (cache: any ScoreCache, redis: RedisClient?) {
        let memory = MemoryScoreCache(clock: clock)
        guard case .redis(let address) = self else { return (memory, nil) }
        do {
            let client = try RedisClient(address)
            return (ResilientScoreCache(RedisScoreCache(client), memory: memory, logger: logger), client)
        } catch {
            throw ConfigurationError("--redis: \(error.message)")
        }
    }

    /// For people, without its password; nil for memory.
    var place: String? { if case .redis(let address) = self { address.description } else { nil } }
}

extension ServeCommand {
    static func cache(_ configuration: ServeConfiguration) throws(ConfigurationError) -> ServeCache {
        guard let text = configuration.text(.redis), !text.isEmpty else { return .memory }
        do {
            return .redis(try RedisAddress(text))
        } catch {
            throw ConfigurationError("--redis \(RedisAddress.masked(text)): \(error.description)")
        }
    }
}
