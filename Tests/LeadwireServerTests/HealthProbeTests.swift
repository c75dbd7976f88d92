import Scoring
import Synchronization
import Testing

@testable import LeadwireServer

@Suite(.timeLimit(.minutes(5))) struct HealthProbeTests {
    /// A part whose answers the test gives, one question after the other.
    private final class Part: Sendable {
        private let asked = Mutex<[CheckedContinuation<StoreError?, Never>]>([])

        var questions: Int { asked.withLock { $0.count } }

        func answer() async throws -> String? {
            let failure = await withCheckedContinuation { caller in asked.withLock { $0.append(caller) } }
            if let failure { throw failure }
            return nil
        }

        func settle(_ question: Int, with failure: StoreError?) {
            asked.withLock { $0[question] }.resume(returning: failure)
        }
    }

    private let part = Part()
    private let away = StoreError(.unavailable, "ping", reason: .timeout)

    private func until(_ condition: () -> Bool) async { while !condition(), !Task.isCancelled { await Task.yield() } }

    @Test func `a part that does not answer is unavailable at its deadline, and asked again by the next`() async {
        let part = part
        let probe = HealthProbe(deadline: .milliseconds(20)) { try await part.answer() }
        let first = await probe.ask()
        #expect(first.status == .unavailable && first.error == "deadline")
        async let second = probe.ask()
        await until { part.questions == 2 }
        part.settle(1, with: nil)
        #expect(await second.lastError == "deadline")
        part.settle(0, with: nil)
    }

    @Test func `an old question's failure is nobody's answer who asked anew, its success is`() async {
        while true {
            let part = Part()
            let probe = HealthProbe(deadline: .seconds(1)) { try await part.answer() }
            #expect(await probe.ask().error == "deadline")
            async let second = probe.ask()
            await until { part.questions == 2 }
            part.settle(0, with: away)
            part.settle(1, with: nil)
            let answer = await second
            // The machine stood still for the whole deadline: once more.
            if answer.error == "deadline", !Task.isCancelled { continue }
            return #expect(answer.status == .available)
        }
    }

    @Test func `those who ask at once share one question`() async {
        let part = part
        let probe = HealthProbe(deadline: .seconds(60)) { try await part.answer() }
        async let first = probe.ask()
        await until { part.questions == 1 }
        async let second = probe.ask()
        // Entered before anything else runs on it; only then may the answer come.
        await until { probe.waiting == 2 }
        part.settle(0, with: away)
        let both = await [first, second]
        #expect(both.map(\.error) == ["store_timeout", "store_timeout"] && part.questions == 1)
    }
}
