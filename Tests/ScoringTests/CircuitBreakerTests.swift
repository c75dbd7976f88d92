import Testing

@testable import Scoring

/// The state machine alone; time is what the test says.
struct CircuitBreakerTests {
    private let start = ContinuousClock.now
    private let away = StoreError(.unavailable, "ping: no answer", reason: .timeout)
    private let settings = CircuitBreaker.Settings(
        failuresToOpen: 3, probeInterval: .milliseconds(500), maximumProbes: 2)

    private func at(_ milliseconds: Int) -> ContinuousClock.Instant { start + .milliseconds(milliseconds) }

    private func opened() -> CircuitBreaker {
        var breaker = CircuitBreaker(settings)
        for _ in 0..<3 { _ = breaker.failed(away, at: start) }
        return breaker
    }

    @Test func `three failures in a row open it, and the third says so`() {
        var breaker = CircuitBreaker(settings)
        let first = [breaker.failed(away, at: at(0)), breaker.failed(away, at: at(1))]
        #expect(first == [false, false] && !breaker.isOpen)
        let third = breaker.failed(away, at: at(2))
        #expect(third && breaker.isOpen && breaker.openings == 1)
        let late = breaker.failed(away, at: at(3))
        #expect(!late, "a call from before the opening opens nothing a second time")
    }

    @Test func `a success between two failures begins the count anew`() {
        var breaker = CircuitBreaker(settings)
        for step in 0..<20 {
            let opened = [breaker.failed(away, at: at(step)), breaker.failed(away, at: at(step))]
            #expect(opened == [false, false])
            breaker.succeeded()
        }
        let admission = breaker.admit()
        #expect(admission == .pass)
    }

    @Test func `an open one refuses with the newest reason, and counts`() {
        var breaker = opened()
        _ = breaker.failed(StoreError(.unavailable, "connect: nobody", reason: .connectionRefused), at: at(1))
        guard case .refuse(let failure) = breaker.admit() else {
            Issue.record("it let a call pass")
            return
        }
        #expect(failure.code == .unavailable && failure.isRetryable && failure.reason == .connectionRefused)
        #expect(failure.message.hasPrefix("not asked, after: "))
        _ = breaker.admit()
        #expect(breaker.refusals == 2)
    }

    @Test func `a probe is due after each interval, even while earlier ones hang, but not more than so many`() {
        var breaker = opened()
        var steps = [100, 500, 500, 1_000, 1_500].map { breaker.startProbe(at: at($0)) }
        // The first is too early, the third has the second before it, and at the last two hang already.
        let (short, long) = (CircuitBreaker.Step.wait(.milliseconds(400)), CircuitBreaker.Step.wait(.milliseconds(500)))
        #expect(steps == [short, .probe, long, .probe, long])
        breaker.probeEnded()
        steps = [breaker.startProbe(at: at(2_000))]
        #expect(steps == [.probe])
    }

    @Test func `the first success closes it, and nothing is left to find out`() {
        var breaker = opened()
        _ = breaker.startProbe(at: at(500))
        breaker.succeeded()
        breaker.probeEnded()
        let (admission, step) = (breaker.admit(), breaker.startProbe(at: at(9_000)))
        #expect(admission == .pass && step == .done && breaker.closings == 1)
        let opened = breaker.failed(away, at: at(9_001))
        #expect(!opened, "it needs three failures again")
    }

    @Test(arguments: StoreError.Code.allCases)
    func `only a store that can't be reached opens it`(code: StoreError.Code) {
        #expect(CircuitBreaker.opens(StoreError(code, "")) == [.unavailable, .outcomeUnknown].contains(code))
    }
}
