import Foundation
import Leads
import Scoring
import Synchronization

/// The one writer of this store: a thread of its own takes whatever waits, writes it in one transaction, hands the new
/// events to the sink, and only then tells the callers. Nobody waits for a timer: a lone commit goes at once, and what
/// arrives during its round trips is the next group. Other nodes' writers take turns with it by the tenants' row locks.
final class GroupWriter: Sendable {
    private struct State {
        var isFinished = false
        var closers: [CheckedContinuation<Void, Never>] = []
    }

    private let queue: WorkQueue<WriteJob>
    private let configuration: PostgresConfiguration
    private let sink: (any EventSink)?
    private let patience: Patience
    private let state = Mutex(State())

    init(
        _ connector: Connector, _ configuration: PostgresConfiguration, _ patience: Patience, _ sink: (any EventSink)?
    ) {
        queue = WorkQueue(
            "write", maximumJobs: configuration.maximumQueuedCommits, maximumBytes: configuration.maximumQueuedBytes)
        self.configuration = configuration
        self.sink = sink
        self.patience = patience
        let thread = Thread { [self] in work(connector) }
        thread.name = "leadwire.pg.write"
        thread.start()
    }

    var queuedJobs: Int { queue.count }

    /// Puts the work into the next group and returns its answer once that is durable.
    func write(_ work: WriteWork, bytes: Int = 256) async throws(StoreError) -> WriteAnswer {
        let result = await withCheckedContinuation { (caller: Reply<WriteAnswer>.Caller) in
            let reply = Reply(caller, "write")
            if let refusal = queue.add(WriteJob(work: work, reply: reply), bytes: bytes) {
                reply.give(.failure(refusal))
            } else {
                patience.watch(reply)
            }
        }
        return try result.get()
    }

    /// Refuses new work at once. The thread ends when what was accepted is done.
    func stop() { queue.close() }

    func finish() async {
        stop()
        await withCheckedContinuation { caller in
            let isFinished = state.withLock { state in
                if !state.isFinished { state.closers.append(caller) }
                return state.isFinished
            }
            if isFinished { caller.resume() }
        }
    }

    private func work(_ connector: Connector) {
        var transactions = GroupTransactions(connector, configuration, sink)
        while let group = nextGroup() {
            // Who has gone meanwhile is left out; who is taken can't go any more.
            let claimed = group.filter { $0.reply.claim() }
            if !claimed.isEmpty { perform(claimed, &transactions) }
        }
        transactions.close()
        let closers = state.withLock { state in
            state.isFinished = true
            defer { state.closers = [] }
            return state.closers
        }
        for closer in closers { closer.resume() }
    }

    private func nextGroup() -> [WriteJob]? {
        queue.take(
            upTo: configuration.maximumGroupedCommits, bytes: configuration.maximumGroupedBytes,
            while: { $0.work.isGrouped && $1.work.isGrouped })
    }

    /// One transaction for all. If the server refuses it for what one of them may have caused, each gets its own.
    private func perform(_ group: [WriteJob], _ transactions: inout GroupTransactions) {
        do {
            let answers = try transactions.run(group.map(\.work))
            for (job, answer) in zip(group, answers) { job.reply.give(answer) }
        } catch {
            let failure = StoreError("write", error)
            guard group.count > 1, failure.mayBeOneCallers else {
                for job in group { job.reply.give(.failure(failure)) }
                return
            }
            for job in group { perform([job], &transactions) }
        }
    }
}
