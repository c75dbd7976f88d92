import Leads
import Logging
import ServiceLifecycle

/// Everything of JWT mode: keys, verification, revocation, the door.
struct Access: Sendable {
    let keys: KeySource
    let verifier: TokenVerifier
    let revocations: RevocationList
    let gate: TokenGate

    /// Reads the keys for the first time.
    ///
    /// - Throws: ``ServerRefusal`` saying what is wrong with them.
    init(_ settings: AccessSettings, clock: any WallClock, logger: Logger) async throws {
        do {
            revocations = try RevocationList(clock: clock, file: settings.revocationFile)
            keys = try await KeySource(
                interval: settings.keyRefreshInterval, clock: clock, logger: logger,
                reading: KeyFiles.reading(settings))
        } catch let problem as KeyProblem {
            throw ServerRefusal(message: "no keys for tokens: \(problem)")
        }
        verifier = TokenVerifier(keys: keys, settings: settings, clock: clock, revocations: revocations)
        gate = TokenGate(
            verifier: verifier,
            limiter: RequestLimiter(perSecond: settings.requestsPerSecond, burst: settings.requestBurst),
            allowedOrigins: settings.allowedOrigins)
    }
}

/// Reads the key set at regular intervals for as long as the server runs, so that a withdrawn key ends.
struct KeyService: Service {
    let keys: KeySource
    let lifetime: Duration

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await Pace.beat(every: { lifetime }) { await keys.refresh() }
        }
    }
}
