import Dispatch
import Scoring
import Synchronization

/// A bounded first-in first-out queue between callers and the threads that work for them.
final class WorkQueue<Job: Sendable>: Sendable {
    private struct State {
        var jobs: [(job: Job, bytes: Int)] = []
        var bytes = 0
        var idleThreads = 0
        var isClosing = false

        /// True if a thread sleeps; it then counts as woken.
        mutating func wakeOne() -> Bool {
            guard idleThreads > 0 else { return false }
            idleThreads -= 1
            return true
        }
    }

    private let action: StaticString
    private let maximumJobs: Int
    private let maximumBytes: Int
    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)

    init(_ action: StaticString, maximumJobs: Int, maximumBytes: Int = .max) {
        self.action = action
        self.maximumJobs = maximumJobs
        self.maximumBytes = maximumBytes
    }

    var count: Int { state.withLock { $0.jobs.count } }

    /// - Returns: why the job was not taken, or nil.
    func add(_ job: Job, bytes: Int = 0) -> StoreError? {
        let (refusal, mustWake) = state.withLock { state -> (StoreError?, Bool) in
            if state.isClosing { return (StoreError(.unavailable, "\(action): the store is closing"), false) }
            // A job that alone is larger than the limit passes when nothing else waits.
            let isFull =
                state.jobs.count >= maximumJobs
                || !state.jobs.isEmpty && state.bytes > maximumBytes - min(bytes, maximumBytes)
            if isFull { return (StoreError(.overloaded, "\(action): too much waits"), false) }
            state.jobs.append((job, bytes))
            state.bytes += bytes
            return (nil, state.wakeOne())
        }
        if mustWake { wake.signal() }
        return refusal
    }

    /// Waits for work. Takes from the front while the jobs belong together and stay within both limits, at least one.
    ///
    /// - Returns: nil when the queue is closed and empty.
    func take(
        upTo count: Int = 1, bytes limit: Int = .max, while belongs: (Job, Job) -> Bool = { _, _ in true }
    ) -> [Job]? {
        while true {
            let (taken, isClosing) = state.withLock { state -> ([Job], Bool) in
                var taken: [Job] = []
                var bytes = 0
                for (job, size) in state.jobs.prefix(count) {
                    if let first = taken.first, bytes + size > limit || !belongs(first, job) { break }
                    taken.append(job)
                    bytes += size
                }
                state.jobs.removeFirst(taken.count)
                state.bytes -= bytes
                if taken.isEmpty, !state.isClosing { state.idleThreads += 1 }
                return (taken, state.isClosing)
            }
            if !taken.isEmpty { return taken }
            if isClosing { return nil }
            wake.wait()
        }
    }

    /// Refuses new work; the threads end when what was accepted is done.
    func close() {
        let sleeping = state.withLock { state in
            state.isClosing = true
            defer { state.idleThreads = 0 }
            return state.idleThreads
        }
        for _ in 0..<sleeping { wake.signal() }
    }
}
