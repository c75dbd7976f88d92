import Synchronization
import Testing

@testable import LeadwireServer

@Suite(.timeLimit(.minutes(5))) struct ScoreAdmissionTests {
    /// Holds work until it is let go, and says how much there is.
    private final class Gatekeeper: Sendable {
        private let held = Mutex<[CheckedContinuation<Void, Never>]>([])

        var count: Int { held.withLock { $0.count } }
        func hold() async { await withCheckedContinuation { caller in held.withLock { $0.append(caller) } } }
        func release() { held.withLock { held in held.isEmpty ? nil : held.removeFirst() }?.resume() }
    }

    private func until(_ condition: () -> Bool) async { while !condition(), !Task.isCancelled { await Task.yield() } }

    @Test func `what is over the limit is refused at once with when to come back`() async throws {
        let admission = ScoreAdmission(limit: 4)
        let work = Gatekeeper()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 { group.addTask { try await admission.run(.lead, bytes: 300) { await work.hold() } } }
            await until { work.count == 4 }
            let refused = await #expect(throws: APIError.self) { try await admission.run(.lead, bytes: 1) {} }
            #expect(refused?.code == .overloaded && refused?.code.status == 503)
            #expect(refused?.headers.contains { $0.name == "Retry-After" } == true)
            #expect(admission.reading == .init(inFlight: 4, refused: 1, streams: 0))
            work.release()
            await until { admission.reading.inFlight == 3 }
            try await admission.run(.lead, bytes: 1) {}
            for _ in 0..<3 { work.release() }
            try await group.waitForAll()
        }
        #expect(admission.reading.inFlight == 0)
    }

    @Test func `while what holds all places hangs, what needs none is still done`() async throws {
        let moment = Moment()
        let admission = ScoreAdmission(limit: 1, now: { moment.now })
        let work = Gatekeeper()
        func ask(withoutPlace: Int?) async throws -> Int {
            try await admission.run(.lead, bytes: 1, { 1 }, whenStalled: { withoutPlace })
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await admission.run(.lead, bytes: 1) { await work.hold() } }
            await until { work.count == 1 }
            moment.advance(.milliseconds(250))
            await #expect(throws: APIError.self, "busy, as far as anybody knows") { try await ask(withoutPlace: 2) }
            moment.advance(.milliseconds(1))
            #expect(try await ask(withoutPlace: 2) == 2)
            await #expect(throws: APIError.self, "it needs a place") { try await ask(withoutPlace: nil) }
            work.release()
            try await group.waitForAll()
        }
        #expect(try await ask(withoutPlace: 2) == 1)
        #expect(admission.reading == .init(inFlight: 0, refused: 2, streams: 0))
    }

    private final class Moment: Sendable {
        private let instant = Mutex(ContinuousClock.now)

        var now: ContinuousClock.Instant { instant.withLock { $0 } }
        func advance(_ duration: Duration) { instant.withLock { $0 += duration } }
    }

    @Test func `work that fails gives its places back`() async {
        let admission = ScoreAdmission(limit: 1)
        for _ in 0..<3 {
            await #expect(throws: CancellationError.self) {
                try await admission.run(.lead, bytes: 0) { throw CancellationError() }
            }
        }
        #expect(admission.reading.inFlight == 0)
    }

    @Test func `a body takes places by its size, at most half of them`() async throws {
        let admission = ScoreAdmission(limit: 64)
        for (kind, bytes, places) in [
            (ScoreAdmission.Kind.lead, 300, 1), (.lead, 9_000, 3), (.batch, 300, 1), (.batch, 30_000, 30),
            (.batch, 8 << 20, 32), (.rows, 100_000, 7),
        ] {
            try await admission.run(kind, bytes: bytes) { #expect(admission.reading.inFlight == places) }
        }
    }

    @Test func `windows of streams take turns in order, and one that gives up costs nobody a turn`() async throws {
        let admission = ScoreAdmission(limit: 32)
        let work = Gatekeeper()
        let order = OrderOfEvents()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await admission.takeTurn { await work.hold() } }
            await until { work.count == 1 }
            for number in 0..<3 {
                let waiting = admission.waitingWindows
                let task = Task { try? await admission.takeTurn { order.note(number) } }
                await until { admission.waitingWindows == waiting + 1 }
                if number == 1 {
                    task.cancel()
                    await until { admission.waitingWindows == waiting }
                }
                group.addTask { _ = await task.value }
            }
            work.release()
        }
        #expect(order.numbers == [0, 2])
        try await admission.takeTurn {}
    }

    private final class OrderOfEvents: Sendable {
        private let noted = Mutex<[Int]>([])

        var numbers: [Int] { noted.withLock { $0 } }
        func note(_ number: Int) { noted.withLock { $0.append(number) } }
    }
}
