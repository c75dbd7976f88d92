import NIOCore

/// When to connect, and what becomes of a command meanwhile: a pure machine.
///
/// A connection that breaks is made anew by itself, for ever, after a random wait between nothing and a bound that
/// doubles at each failure (full jitter), so that clients that lost one server don't come back together. While the last
/// attempt has failed, commands fail at once with its reason; while there has been none, they wait for it.
///
/// - SeeAlso: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
struct ReconnectMachine {
    private enum State {
        /// → dialling, closed
        case waiting
        /// → connected, waiting, closed
        case dialling
        /// → waiting, closed
        case connected(since: NIODeadline)
        case closed
    }

    enum Action: Equatable {
        case wait(TimeAmount)
        case dial
        case none
    }

    enum Admission: Equatable {
        case send
        case hold
        case refuse(RedisError)
    }

    private let first: Int64
    private let longest: Int64
    private let settledAfter: TimeAmount
    private var state = State.waiting
    private var failures = 0
    private var lastFailure: RedisError?
    private var generator: any RandomNumberGenerator & Sendable

    init(_ configuration: RedisConfiguration, generator: any RandomNumberGenerator & Sendable) {
        first = max(1, TimeAmount(configuration.firstBackOff).nanoseconds)
        longest = max(1, TimeAmount(configuration.maximumBackOff).nanoseconds)
        settledAfter = TimeAmount(configuration.settledAfter)
        self.generator = generator
    }

    var admission: Admission {
        switch state {
        case .connected: .send
        case .closed: .refuse(.closed)
        case .waiting, .dialling: lastFailure.map(Admission.refuse) ?? .hold
        }
    }

    /// At the beginning, and when the wait is over.
    mutating func timeToDial() -> Action {
        guard case .waiting = state else { return .none }
        state = .dialling
        return .dial
    }

    mutating func connected(at now: NIODeadline) {
        guard case .dialling = state else { return }
        state = .connected(since: now)
        lastFailure = nil
    }

    /// The attempt failed, or the connection broke.
    mutating func ended(_ error: RedisError, at now: NIODeadline) -> Action {
        switch state {
        case .dialling:
            lastFailure = error
            failures += 1
        case .connected(let since):
            failures = now - since >= settledAfter ? 0 : failures + 1
        case .waiting, .closed: return .none
        }
        state = .waiting
        return .wait(.nanoseconds(Int64.random(in: 0...bound, using: &generator)))
    }

    mutating func close() {
        state = .closed
    }

    /// The longest wait now: after the first failure, or the first loss, `firstBackOff`.
    var bound: Int64 {
        let (product, overflows) = first.multipliedReportingOverflow(by: 1 << Int64(min(max(failures - 1, 0), 40)))
        return overflows ? longest : min(longest, product)
    }
}
