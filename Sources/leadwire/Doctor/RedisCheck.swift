import CacheRedis
import Scoring

/// The Redis that nodes would share.
struct RedisCheck: DoctorCheck {
    let cache: ServeCache

    func run() async -> [Finding] {
        switch cache {
        case .memory: [Finding("Redis", "configured", .well, "none: this process's memory is the cache")]
        case .redis(let address): await RedisExamination(address).run()
        }
    }
}
