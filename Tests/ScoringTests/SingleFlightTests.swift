import Testing

@testable import Scoring

@Suite(.timeLimit(.minutes(5))) struct SingleFlightTests {
    private typealias Flight = SingleFlight<String, Int>

    /// Returns once `count` requests wait: yields until then, no sleep.
    private func waiting(_ flight: Flight, _ count: Int) async {
        while flight.waiting < count, !Task.isCancelled { await Task.yield() }
    }

    private func isLead(_ admission: Flight.Admission) -> Bool {
        if case .lead = admission { true } else { false }
    }

    @Test func `the first leads, the others get its value`() async {
        let flight = Flight(maximumWaiting: 100)
        #expect(isLead(await flight.enter("a")))
        await withTaskGroup(of: Int?.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    if case .value(let value) = await flight.enter("a") { value } else { nil }
                }
            }
            await waiting(flight, 50)
            flight.finish("a", with: .value(7))
            for await value in group { #expect(value == 7) }
        }
        #expect(flight.waiting == 0)
        #expect(isLead(await flight.enter("a")), "a finished flight is over")
    }

    @Test func `different keys do not wait for each other`() async {
        let flight = Flight(maximumWaiting: 1)
        #expect(isLead(await flight.enter("a")))
        #expect(isLead(await flight.enter("b")))
    }

    @Test func `a failure is shared`() async {
        let flight = Flight(maximumWaiting: 1)
        _ = await flight.enter("a")
        async let other = flight.enter("a")
        await waiting(flight, 1)
        flight.finish("a", with: .failure(.optedOut))
        guard case .failure(.optedOut) = await other else {
            Issue.record("the waiting request did not get the failure")
            return
        }
    }

    @Test func `when the leader goes away one of the waiting leads`() async {
        let flight = Flight(maximumWaiting: 10)
        _ = await flight.enter("a")
        let led = await withTaskGroup(of: (value: Int, led: Bool).self) { group in
            for _ in 0..<5 {
                group.addTask {
                    while true {
                        switch await flight.enter("a") {
                        case .lead:
                            flight.finish("a", with: .value(9))
                            return (9, true)
                        case .value(let value): return (value, false)
                        case .again: continue
                        default: return (-1, false)
                        }
                    }
                }
            }
            await waiting(flight, 5)
            flight.finish("a", with: .abandon)
            var led = 0
            for await result in group {
                #expect(result.value == 9)
                led += result.led ? 1 : 0
            }
            return led
        }
        #expect(led >= 1)
    }

    @Test func `a cancelled request leaves at once and the flight goes on`() async {
        let flight = Flight(maximumWaiting: 10)
        _ = await flight.enter("a")
        let task = Task { await flight.enter("a") }
        await waiting(flight, 1)
        task.cancel()
        guard case .cancelled = await task.value else {
            Issue.record("the cancelled request still waits")
            return
        }
        #expect(flight.waiting == 0)
        flight.finish("a", with: .value(1))
    }

    @Test func `a request that comes cancelled does not wait`() async {
        let flight = Flight(maximumWaiting: 10)
        _ = await flight.enter("a")
        let task = Task {
            // Cancels itself first, so the order is certain.
            withUnsafeCurrentTask { $0?.cancel() }
            return await flight.enter("a")
        }
        guard case .cancelled = await task.value else {
            Issue.record("a cancelled request waits")
            return
        }
        flight.finish("a", with: .value(1))
    }

    @Test func `more than the limit is refused`() async {
        let flight = Flight(maximumWaiting: 1)
        _ = await flight.enter("a")
        async let first = flight.enter("a")
        await waiting(flight, 1)
        guard case .refused = await flight.enter("a") else {
            Issue.record("the second waiting request was not refused")
            return
        }
        flight.finish("a", with: .value(1))
        _ = await first
    }
}
