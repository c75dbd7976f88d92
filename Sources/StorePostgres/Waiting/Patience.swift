import Dispatch
import Synchronization

/// Lets no caller wait longer than the limit, whatever the threads that work for it are stuck in (a name server, say).
/// All have the same limit, so the one that came first is the first to be let go.
final class Patience: Sendable {
    private struct State {
        var waiting: [(awaited: any Awaited, until: ContinuousClock.Instant)] = []
        var isTimerSet = false
    }

    private let limit: Duration
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "leadwire.postgres.patience")

    /// How late a caller may be let go, and how long an answered one is kept in the list.
    private static let tick = DispatchTimeInterval.milliseconds(100)

    init(limit: Duration) {
        self.limit = limit
    }

    func watch(_ awaited: any Awaited) {
        let mustSet = state.withLock { state in
            state.waiting.append((awaited, .now + limit))
            defer { state.isTimerSet = true }
            return !state.isTimerSet
        }
        if mustSet { setTimer() }
    }

    private func setTimer() {
        queue.asyncAfter(deadline: .now() + Self.tick) { [self] in look() }
    }

    private func look() {
        let now = ContinuousClock.now
        let (late, mustSet) = state.withLock { state -> ([any Awaited], Bool) in
            let late = state.waiting.prefix { $0.until <= now }.map(\.awaited)
            state.waiting.removeAll { $0.until <= now || $0.awaited.isAnswered }
            state.isTimerSet = !state.waiting.isEmpty
            return (late, state.isTimerSet)
        }
        for awaited in late { awaited.expire() }
        if mustSet { setTimer() }
    }
}
