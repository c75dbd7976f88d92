/// Whether a store is worth asking. Pure: told what happened and when, it says what to do.
///
/// `closed` (all calls pass) goes to `open` after so many failures in a row; `open` (all calls are refused at once) goes
/// back to `closed` with the first success, normally that of a probe. Probes are questions of their own: no caller is
/// spent on finding out. A new one is due after each interval even while earlier ones hang, since what they hang on may
/// be a connection that will never answer; so many at most.
struct CircuitBreaker: Sendable {
    /// What opens it, and how it is found closed again.
    struct Settings: Sendable, Hashable {
        /// Failures in a row; a success between two begins the count anew.
        var failuresToOpen = 3
        /// From one probe to the next.
        var probeInterval: Duration = .milliseconds(500)
        /// That have not been answered.
        var maximumProbes = 12
    }

    enum Admission: Sendable, Equatable {
        case pass
        /// Because of this failure.
        case refuse(StoreError)
    }

    private enum State {
        case closed(failures: Int)
        case open(StoreError, nextProbeAt: ContinuousClock.Instant)
    }

    let settings: Settings
    private var state = State.closed(failures: 0)
    private var probes = 0
    /// Since the start.
    private(set) var openings = 0
    private(set) var refusals = 0
    /// A failure of a call that began before the last of them says nothing of what is now.
    private(set) var closings = 0

    init(_ settings: Settings = Settings()) {
        self.settings = settings
    }

    var isOpen: Bool { if case .open = state { true } else { false } }

    mutating func admit() -> Admission {
        guard case .open(let failure, _) = state else { return .pass }
        refusals += 1
        return .refuse(failure)
    }

    /// Of a call or of a probe: the store works. A call's answer from before the opening counts too; if it misleads, the
    /// next failures open again.
    mutating func succeeded() {
        if isOpen { closings += 1 }
        state = .closed(failures: 0)
    }

    /// - Returns: true if this failure opened it: from now on somebody must ask ``startProbe(at:)`` again and again.
    mutating func failed(_ failure: StoreError, at now: ContinuousClock.Instant) -> Bool {
        switch state {
        case .closed(let failures) where failures + 1 < settings.failuresToOpen:
            state = .closed(failures: failures + 1)
            return false
        case .closed:
            state = .open(Self.refusal(failure), nextProbeAt: now + settings.probeInterval)
            openings += 1
            return true
        case .open(_, let nextProbeAt):
            state = .open(Self.refusal(failure), nextProbeAt: nextProbeAt)
            return false
        }
    }

    enum Step: Sendable, Equatable {
        /// Ask the store now, then tell ``probeEnded()`` and how it went.
        case probe
        case wait(Duration)
        /// It is closed: nothing more to find out.
        case done
    }

    mutating func startProbe(at now: ContinuousClock.Instant) -> Step {
        guard case .open(let failure, let nextProbeAt) = state else { return .done }
        guard now >= nextProbeAt else { return .wait(now.duration(to: nextProbeAt)) }
        state = .open(failure, nextProbeAt: now + settings.probeInterval)
        guard probes < settings.maximumProbes else { return .wait(settings.probeInterval) }
        probes += 1
        return .probe
    }

    mutating func probeEnded() { probes -= 1 }

    /// Only that the store could not be reached, or went away, says anything of the next call. A full disk, a refused
    /// value, an opted-out lead or a wrong cursor are answers, and so is our own limit.
    static func opens(_ failure: StoreError) -> Bool {
        failure.code == .unavailable || failure.code == .outcomeUnknown
    }

    /// What is known is only that this call was not tried.
    private static func refusal(_ failure: StoreError) -> StoreError {
        StoreError(.unavailable, "not asked, after: \(failure.message)", reason: failure.reason)
    }
}
