import NIOConcurrencyHelpers

/// How one part answered when it was last asked.
struct PartHealth: Sendable, Hashable {
    enum Status: String, Sendable { case available, degraded, unavailable }

    var status: Status
    var latencyMilliseconds: Double?
    /// The class of the last error; never its text.
    var error: String?
}

/// Asks one part, with a deadline that holds even if the part never answers.
///
/// A part that hangs is not asked again until it has answered: at most one question of each probe is under way.
final class HealthProbe: Sendable {
    /// Returns a word for what is not as it should be, or nil; throws when the part can't do its work.
    typealias Question = @Sendable () async throws -> String?

    private struct State {
        var isAsking = false
        var lastError: String?
    }

    private let question: Question
    private let state = NIOLockedValueBox(State())

    init(_ question: @escaping Question) {
        self.question = question
    }

    func ask(deadline: Duration) async -> PartHealth {
        guard begin() else { return PartHealth(status: .unavailable, latencyMilliseconds: nil, error: "no_answer") }
        let started = ContinuousClock.now
        return await withCheckedContinuation { continuation in
            let once = Once(continuation)
            // Not a child of this task: a part that ignores cancellation would hold the answer beyond its deadline.
            Task { [self] in
                let health = await answer(since: started)
                end(error: health.error)
                once.resume(health)
            }
            Task {
                try? await Task.sleep(for: deadline)
                once.resume(
                    PartHealth(
                        status: .unavailable, latencyMilliseconds: deadline.inMilliseconds, error: "deadline"))
            }
        }
    }

    private func answer(since started: ContinuousClock.Instant) async -> PartHealth {
        let finding: Result<String?, any Error>
        do {
            finding = .success(try await question())
        } catch {
            finding = .failure(error)
        }
        let latency = started.duration(to: .now).inMilliseconds
        switch finding {
        case .success(nil): return PartHealth(status: .available, latencyMilliseconds: latency, error: nil)
        case .success(let word?): return PartHealth(status: .degraded, latencyMilliseconds: latency, error: word)
        case .failure(let error):
            return PartHealth(status: .unavailable, latencyMilliseconds: latency, error: Self.name(of: error))
        }
    }

    private func begin() -> Bool {
        state.withLockedValue { state in
            guard !state.isAsking else { return false }
            state.isAsking = true
            return true
        }
    }

    private func end(error: String?) {
        state.withLockedValue { state in
            state.isAsking = false
            if let error { state.lastError = error }
        }
    }

    private static func name(of error: any Error) -> String {
        (error as? any HealthErrorClass)?.healthClass ?? "\(type(of: error))"
    }
}

/// An error that has a bounded word for health and metrics.
protocol HealthErrorClass: Error {
    var healthClass: String { get }
}

/// Resumes its continuation with whichever answer comes first.
private final class Once: Sendable {
    private let continuation: NIOLockedValueBox<CheckedContinuation<PartHealth, Never>?>

    init(_ continuation: CheckedContinuation<PartHealth, Never>) {
        self.continuation = NIOLockedValueBox(continuation)
    }

    func resume(_ health: PartHealth) {
        let waiting = continuation.withLockedValue { box in
            defer { box = nil }
            return box
        }
        waiting?.resume(returning: health)
    }
}
