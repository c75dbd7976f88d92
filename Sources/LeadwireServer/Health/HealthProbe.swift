import NIOConcurrencyHelpers
import Scoring

/// How one part answered when it was last asked.
struct PartHealth: Sendable, Hashable {
    enum Status: String, Sendable { case available, degraded, unavailable }

    var status: Status
    var latencyMilliseconds: Double?
    /// The class of the error that it answered with; never its text.
    var error: String?
    /// The class of its last error since the start, however long ago.
    var lastError: String?
}

/// Asks one part, with a deadline that holds even if the part never answers.
///
/// At most one question of each probe is under way: who asks meanwhile gets its answer too, or a deadline of its own.
final class HealthProbe: Sendable {
    /// Returns a word for what is not as it should be, or nil; throws when the part can't do its work.
    typealias Question = @Sendable () async throws -> String?

    private struct State {
        var isAsking = false
        var nextTicket = 0
        /// Who waits for the answer under way; each leaves with it or at its own deadline, whichever comes first.
        var waiting: [Int: CheckedContinuation<PartHealth, Never>] = [:]
        var lastError: String?
    }

    private let question: Question
    private let state = NIOLockedValueBox(State())

    init(_ question: @escaping Question) {
        self.question = question
    }

    func ask(deadline: Duration) async -> PartHealth {
        await withCheckedContinuation { continuation in
            let (ticket, isFirst) = enter(continuation)
            if isFirst {
                // Not a child of this task: a part that ignores cancellation would hold the answer beyond its deadline.
                Task { [self] in
                    let health = await answer(since: .now)
                    for waiting in leaveAll() { waiting.resume(returning: noting(health)) }
                }
            }
            Task { [self] in
                try? await Task.sleep(for: deadline)
                guard let waiting = leave(ticket) else { return }
                let late = PartHealth(
                    status: .unavailable, latencyMilliseconds: deadline.inMilliseconds, error: "deadline")
                waiting.resume(returning: noting(late))
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

    private func enter(_ continuation: CheckedContinuation<PartHealth, Never>) -> (ticket: Int, isFirst: Bool) {
        state.withLockedValue { state in
            let ticket = state.nextTicket
            state.nextTicket += 1
            state.waiting[ticket] = continuation
            let isFirst = !state.isAsking
            state.isAsking = true
            return (ticket, isFirst)
        }
    }

    private func leave(_ ticket: Int) -> CheckedContinuation<PartHealth, Never>? {
        state.withLockedValue { $0.waiting.removeValue(forKey: ticket) }
    }

    private func leaveAll() -> [CheckedContinuation<PartHealth, Never>] {
        state.withLockedValue { state in
            state.isAsking = false
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
    }

    /// The answer with the class of the part's last error, this one included.
    private func noting(_ health: PartHealth) -> PartHealth {
        state.withLockedValue { state in
            if let error = health.error { state.lastError = error }
            var health = health
            health.lastError = state.lastError
            return health
        }
    }

    private static func name(of error: any Error) -> String {
        (error as? any HealthErrorClass)?.healthClass ?? "\(type(of: error))"
    }
}
