/// Whether a part that may be away is asked: a pure machine.
///
/// It opens after a few failures in a row, and at once after one that took the caller its whole deadline. While it is open
/// nobody asks; a probe in the background does, after a random time between nothing and a bound that doubles, and closes it.
struct Breaker: Sendable {
    struct Settings: Sendable, Hashable {
        var failuresToOpen = 3
        var firstBackOff = Duration.milliseconds(100)
        var maximumBackOff = Duration.seconds(2)
    }

    private enum State: Sendable, Equatable {
        /// → open
        case closed(failures: Int)
        /// → closed
        case open(probes: Int)
    }

    private let settings: Settings
    private var state = State.closed(failures: 0)

    init(_ settings: Settings = Settings()) {
        self.settings = settings
    }

    var isClosed: Bool { if case .closed = state { true } else { false } }

    mutating func succeeded() {
        if case .closed = state { state = .closed(failures: 0) }
    }

    /// True when it opens by this: the caller then starts the probe.
    mutating func failed(isGrave: Bool) -> Bool {
        guard case .closed(let failures) = state else { return false }
        guard isGrave || failures + 1 >= settings.failuresToOpen else {
            state = .closed(failures: failures + 1)
            return false
        }
        state = .open(probes: 0)
        return true
    }

    /// The longest wait before the next probe; counts it.
    mutating func nextBound() -> Duration {
        guard case .open(let probes) = state else { return .zero }
        state = .open(probes: probes + 1)
        return min(settings.firstBackOff * (1 << min(probes, 20)), settings.maximumBackOff)
    }

    mutating func close() { state = .closed(failures: 0) }
}
