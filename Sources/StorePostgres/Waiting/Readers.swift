import Foundation
import Scoring
import Synchronization

/// Threads that read, each with a connection of its own. A caller's task is suspended meanwhile; no event loop and no
/// thread of the cooperative pool ever waits for the network here.
final class Readers: Sendable {
    private struct Job: Sendable {
        var isAnswered: @Sendable () -> Bool
        var run: @Sendable (inout Session) -> Void
    }

    private struct State {
        var runningThreads: Int
        var closers: [CheckedContinuation<Void, Never>] = []
    }

    private let queue: WorkQueue<Job>
    private let patience: Patience
    private let state: Mutex<State>

    init(_ connector: Connector, _ configuration: PostgresConfiguration, _ patience: Patience) {
        let count = max(1, configuration.maximumReaders)
        queue = WorkQueue("read", maximumJobs: configuration.maximumQueuedReads)
        self.patience = patience
        state = Mutex(State(runningThreads: count))
        for number in 0..<count {
            let thread = Thread { [self] in work(connector, configuration) }
            thread.name = "leadwire.pg.\(number)"
            thread.start()
        }
    }

    /// Runs the body on a reading thread.
    ///
    /// - Throws: `overloaded` when too many wait, `unavailable` when there is no answer in time.
    func read<Value: Sendable>(
        _ action: StaticString, _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws(StoreError) -> Value {
        let result = await withCheckedContinuation { (caller: Reply<Value>.Caller) in
            let reply = Reply(caller, action)
            let job = Job(
                isAnswered: { reply.isAnswered },
                run: { session in
                    do {
                        reply.give(.success(try session.perform(body)))
                    } catch {
                        reply.give(.failure(StoreError(action, error)))
                    }
                })
            if let refusal = queue.add(job) {
                reply.give(.failure(refusal))
            } else {
                patience.watch(reply)
            }
        }
        return try result.get()
    }

    func stop() { queue.close() }

    func finish() async {
        stop()
        await withCheckedContinuation { caller in
            let isFinished = state.withLock { state in
                if state.runningThreads > 0 { state.closers.append(caller) }
                return state.runningThreads == 0
            }
            if isFinished { caller.resume() }
        }
    }

    private func work(_ connector: Connector, _ configuration: PostgresConfiguration) {
        var session = Session(connector, configuration)
        while let job = queue.take()?.first {
            if !job.isAnswered() { job.run(&session) }
        }
        session.close()
        let closers = state.withLock { state in
            state.runningThreads -= 1
            guard state.runningThreads == 0 else { return [CheckedContinuation<Void, Never>]() }
            defer { state.closers = [] }
            return state.closers
        }
        for closer in closers { closer.resume() }
    }
}
