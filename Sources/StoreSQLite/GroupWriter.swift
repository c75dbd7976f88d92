import Dispatch
import Foundation
import GRDB
import Scoring
import Synchronization

/// The one writer: a thread of its own takes whatever waits, writes it in one transaction with one fsync, hands the new
/// events to the sink, and only then tells the callers. Nobody waits for a timer: a lone commit goes at once, and what
/// arrives during its fsync is the next group.
final class GroupWriter: Sendable {
    struct Job: Sendable {
        var bytes: Int
        /// Runs inside the transaction; returns what to do once that is durable, with the reason if erased bytes could
        /// not be cut out of the log yet. Throws ``StoreError`` having written nothing.
        var run: @Sendable (WriteTransaction) throws -> @Sendable (StoreError?) -> Void
        var fail: @Sendable (StoreError) -> Void
    }

    private struct Queue {
        var jobs: [Job] = []
        var bytes = 0
        var isWriterWaiting = false
        var isClosing = false
        var isFinished = false
        var closers: [CheckedContinuation<Void, Never>] = []
    }

    private let pool: DatabasePool
    let checkpointer: Checkpointer
    private let lock: LockFile
    private let configuration: StoreConfiguration
    private let sink: (any EventSink)?
    private let queue = Mutex(Queue())
    private let wake = DispatchSemaphore(value: 0)

    init(
        pool: DatabasePool, checkpointer: Checkpointer, lock: LockFile, configuration: StoreConfiguration,
        sink: (any EventSink)?
    ) {
        self.pool = pool
        self.checkpointer = checkpointer
        self.lock = lock
        self.configuration = configuration
        self.sink = sink
        let thread = Thread { [self] in work() }
        thread.name = "leadwire.store"
        thread.start()
    }

    /// Puts the body into the next group and returns its value once that is durable; if it erases, only when the erased
    /// bytes are out of the log too.
    func write<Value: Sendable>(
        bytes: Int = 256, erases: Bool = false, _ body: @escaping @Sendable (WriteTransaction) throws -> Value
    ) async throws(StoreError) -> Value {
        let result = await withCheckedContinuation { (caller: CheckedContinuation<Result<Value, StoreError>, Never>) in
            let job = Job(
                bytes: bytes,
                run: { transaction in
                    let value = try body(transaction)
                    return { leftover in
                        if erases, let leftover {
                            caller.resume(returning: .failure(leftover))
                        } else {
                            caller.resume(returning: .success(value))
                        }
                    }
                },
                fail: { caller.resume(returning: .failure($0)) })
            if let refusal = enqueue(job) { job.fail(refusal) }
        }
        return try result.get()
    }

    var queuedJobs: Int { queue.withLock { $0.jobs.count } }

    private func enqueue(_ job: Job) -> StoreError? {
        let (refusal, mustWake) = queue.withLock { queue -> (StoreError?, Bool) in
            if queue.isClosing { return (StoreError(.unavailable, "write: the store is closing"), false) }
            let isFull =
                queue.jobs.count >= configuration.maximumQueuedCommits
                || !queue.jobs.isEmpty && queue.bytes + job.bytes > configuration.maximumQueuedBytes
            if isFull { return (StoreError(.overloaded, "write: too much waits to be written"), false) }
            queue.jobs.append(job)
            queue.bytes += job.bytes
            defer { queue.isWriterWaiting = false }
            return (nil, queue.isWriterWaiting)
        }
        if mustWake { wake.signal() }
        return refusal
    }

    /// Refuses new work at once. The thread ends when what was accepted is done.
    func stop() {
        let mustWake = queue.withLock { queue in
            queue.isClosing = true
            defer { queue.isWriterWaiting = false }
            return queue.isWriterWaiting
        }
        if mustWake { wake.signal() }
    }

    func finish() async {
        stop()
        await withCheckedContinuation { caller in
            let isFinished = queue.withLock { queue in
                if !queue.isFinished { queue.closers.append(caller) }
                return queue.isFinished
            }
            if isFinished { caller.resume() }
        }
    }

    private func work() {
        var memory = WriterMemory()
        var logged = 0
        while let group = nextGroup() {
            perform(group, &memory)
            logged += group.reduce(Self.loggedBytesOfGroup) { $0 + $1.bytes }
            if logged >= configuration.walBytes / Self.checkpointsOfLog {
                if logIsOver { copyLog() } else { checkpointer.begin() }
                logged = 0
            }
        }
        checkpointer.stop()
        // Readers are waited for; a failure here leaves nothing to do, for every group was durable by itself.
        try? pool.close()
        lock.release()
        let closers = queue.withLock { queue in
            queue.isFinished = true
            defer { queue.closers = [] }
            return queue.closers
        }
        for closer in closers { closer.resume() }
    }

    /// What a group adds to the log beyond its records: the pages of the indexes that it touches, measured with single
    /// scores.
    private static let loggedBytesOfGroup = 48 << 10
    /// A log that is full has been copied so many times.
    private static let checkpointsOfLog = 4

    /// The log has grown past its bound. SQLite begins it anew, cut to the bound, once all of it is copied; on its own that
    /// fails while the checkpointer copies, and a disk that is slow to sync keeps it copying.
    private var logIsOver: Bool {
        var status = stat()
        return stat(pool.path + "-wal", &status) == 0 && status.st_size > configuration.walBytes * 5 / 4
    }

    /// After it the next group begins the log anew, unless a reader holds an old state.
    private func copyLog() {
        // As with SQLite's own checkpoints, what can't be copied now is tried again.
        _ = try? checkpointer.alone { try pool.writeWithoutTransaction { try $0.checkpoint(.passive) } }
    }

    private func nextGroup() -> [Job]? {
        while true {
            let (group, isClosing) = queue.withLock { queue -> ([Job], Bool) in
                let group = Array(queue.jobs.prefix(configuration.maximumGroupedCommits))
                queue.jobs.removeFirst(group.count)
                queue.bytes -= group.reduce(0) { $0 + $1.bytes }
                queue.isWriterWaiting = group.isEmpty && !queue.isClosing
                return (group, queue.isClosing)
            }
            if !group.isEmpty { return group }
            if isClosing { return nil }
            wake.wait()
        }
    }

    /// One transaction for all. If SQLite refuses it for what one of them may have caused, each gets its own.
    private func perform(_ group: [Job], _ memory: inout WriterMemory) {
        do {
            let done = try transact(group, memory)
            memory = done.memory
            if !done.events.isEmpty { sink?.deliver(done.events) }
            for acknowledge in done.acknowledgements { acknowledge(done.leftover) }
        } catch {
            let failure = StoreError("write", error)
            guard group.count > 1, failure.mayBeOneCallers else {
                for job in group { job.fail(failure) }
                return
            }
            for job in group { perform([job], &memory) }
        }
    }

    private struct Done {
        var memory: WriterMemory
        var events: [CommittedEvent] = []
        var acknowledgements: [@Sendable (StoreError?) -> Void] = []
        var leftover: StoreError?
    }

    private func transact(_ group: [Job], _ memory: WriterMemory) throws -> Done {
        try pool.writeWithoutTransaction { database in
            var done = Done(memory: memory)
            var refused: [(Job, StoreError)] = []
            var hasErased = false
            try database.inTransaction(.immediate) {
                let transaction = WriteTransaction(database, memory: memory, configuration: configuration)
                for job in group {
                    do {
                        done.acknowledgements.append(try job.run(transaction))
                    } catch let refusal as StoreError {
                        refused.append((job, refusal))
                    }
                }
                try transaction.finish()
                done.memory = transaction.memory
                done.events = transaction.events
                hasErased = transaction.hasErased
                return .commit
            }
            for (job, refusal) in refused { done.acknowledgements.append { _ in job.fail(refusal) } }
            if hasErased || done.memory.mustCutLog { cutLog(database, &done, waits: hasErased) }
            return done
        }
    }

    /// The old pages of an erased lead stand in the WAL until it is copied into the file and cut to nothing. That needs
    /// a moment without readers of the old state; if one stays, the cut is tried again after each group.
    private func cutLog(_ database: Database, _ done: inout Done, waits: Bool) {
        do {
            if !waits { try database.execute(sql: "PRAGMA busy_timeout = 0") }
            _ = try checkpointer.alone { try database.checkpoint(.truncate) }
            done.memory.mustCutLog = false
        } catch {
            done.memory.mustCutLog = true
            done.leftover = StoreError(
                .erasureIncomplete,
                "erase: done, but a reader still holds old pages of the log; repeat to have them cut")
        }
        guard !waits else { return }
        let milliseconds = Int(configuration.busyTimeout / .milliseconds(1))
        // Can't fail: it only sets a number of the connection.
        try? database.execute(sql: "PRAGMA busy_timeout = \(milliseconds)")
    }
}
