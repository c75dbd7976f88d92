import Leads
import Logging
import Synchronization

/// The key set in force, read again when a token names a key that it lacks and at regular intervals.
///
/// A reading that fails changes nothing: the old set stays. Readings are never closer together than the interval of the
/// settings, and never two at once.
actor KeySource {
    typealias Reading = @Sendable () async throws -> KeySet

    /// What verification reads without waiting for anyone.
    struct Current: Sendable {
        var set: KeySet
        /// Counts the readings that succeeded.
        var generation: Int
    }

    private let box: Mutex<Current>
    private let reading: Reading
    private let interval: Duration
    private let clock: any WallClock
    private let logger: Logger
    private var lastAttempt: Timestamp
    private var running: Task<Void, Never>?

    /// Reads the set for the first time.
    ///
    /// - Throws: what `reading` throws; a server without keys may not start.
    init(interval: Duration, clock: any WallClock, logger: Logger, reading: @escaping Reading) async throws {
        self.reading = reading
        self.interval = interval
        self.clock = clock
        self.logger = logger
        lastAttempt = clock.now
        let first = try await reading()
        guard !first.isEmpty else {
            throw KeyProblem("the key set holds no key for HS256, RS256, ES256 or EdDSA")
        }
        box = Mutex(Current(set: first, generation: 0))
    }

    nonisolated var current: Current { box.withLock { $0 } }

    /// Reads the set again, unless that was tried within the interval; waits for a reading that is under way.
    func refresh() async {
        if let running { return await running.value }
        let now = clock.now
        let sinceLast = now.duration(since: lastAttempt)
        // A clock that was put back must not stop us for as long.
        guard sinceLast >= interval || sinceLast < .zero else { return }
        lastAttempt = now
        // Not a child of the request that asked: its end must not take the reading from the others who wait.
        let task = Task { await self.read() }
        running = task
        await task.value
        running = nil
    }

    private func read() async {
        do {
            let set = try await reading()
            guard !set.isEmpty else { throw KeyProblem("the key set holds no key that is of use here") }
            box.withLock { $0 = Current(set: set, generation: $0.generation + 1) }
            logger.info("key set read", metadata: ["keys.count": "\(set.count)"])
        } catch {
            let problem = (error as? KeyProblem)?.description ?? "\(type(of: error))"
            logger.warning("key set not read; the old one stays", metadata: ["keys.problem": "\(problem)"])
        }
    }
}
