import Synchronization

/// Items between the event loop that brings them and the one task that takes them.
///
/// Bounded by items and by bytes: at either limit `yield` says so, and the socket is no longer read. What was already
/// read is still taken in, so the limit is passed by at most one read of the socket (32 KiB), or what the kernel still
/// held when the peer closed (``Dialler/receiveBufferBytes``).
final class ItemBuffer: Sendable {
    private typealias Waiter = CheckedContinuation<LeadwireItem?, Never>

    private struct State {
        var items: [LeadwireItem] = []
        /// Items before it are taken.
        var head = 0
        var bytes = 0
        var isFull = false
        /// The source has ended; what is here is still handed out.
        var isFinished = false
        /// The consumer has ended; nothing is handed out.
        var isAbandoned = false
        var waiter: Waiter?

        var count: Int { items.count - head }
    }

    private let state = Mutex(State())
    private let maximumItems: Int
    private let maximumBytes: Int
    private let hasRoom: @Sendable () -> Void
    private let isAbandoned: @Sendable () -> Void

    /// `hasRoom` is called when a full buffer has been emptied to a quarter, `isAbandoned` once, when the consumer is gone;
    /// both from any thread, with no lock held.
    init(
        maximumItems: Int, maximumBytes: Int, hasRoom: @escaping @Sendable () -> Void,
        isAbandoned: @escaping @Sendable () -> Void
    ) {
        self.maximumItems = max(1, maximumItems)
        self.maximumBytes = max(1, maximumBytes)
        self.hasRoom = hasRoom
        self.isAbandoned = isAbandoned
    }

    /// Returns false when nothing more should come for now; the item itself is always taken.
    func yield(_ item: LeadwireItem) -> Bool {
        let (waiter, isOpen): (Waiter?, Bool) = state.withLock { state in
            guard !state.isFinished, !state.isAbandoned else { return (nil, true) }
            if let waiter = state.waiter.take() { return (waiter, true) }
            state.items.append(item)
            state.bytes += item.byteCount
            if state.count >= maximumItems || state.bytes >= maximumBytes { state.isFull = true }
            return (nil, !state.isFull)
        }
        waiter?.resume(returning: item)
        return isOpen
    }

    func finish() {
        let waiter: Waiter? = state.withLock { state in
            state.isFinished = true
            return state.waiter.take()
        }
        waiter?.resume(returning: nil)
    }

    /// The consumer is gone.
    func abandon() {
        let (waiter, isFirst): (Waiter?, Bool) = state.withLock { state in
            let isFirst = !state.isAbandoned
            state.isAbandoned = true
            state.items = []
            state.head = 0
            state.bytes = 0
            return (state.waiter.take(), isFirst)
        }
        waiter?.resume(returning: nil)
        if isFirst { isAbandoned() }
    }

    /// The next item; nil at the end, and after a cancellation, which ends the stream for good.
    func next() async -> LeadwireItem? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (answer, hasRoom): (Answer?, Bool) = state.withLock { take(&$0, continuation) }
                if hasRoom { self.hasRoom() }
                if let answer { continuation.resume(returning: answer.item) }
            }
        } onCancel: {
            abandon()
        }
    }

    private struct Answer {
        let item: LeadwireItem?
    }

    /// Nil: the continuation waits. The second value: there is room again.
    private func take(_ state: inout State, _ continuation: Waiter) -> (Answer?, Bool) {
        guard state.head < state.items.count else {
            if state.isFinished || state.isAbandoned { return (Answer(item: nil), false) }
            precondition(state.waiter == nil, "an iterator is for one task at a time")
            state.waiter = continuation
            return (nil, false)
        }
        let item = state.items[state.head]
        state.head += 1
        state.bytes -= item.byteCount
        if state.head == state.items.count {
            state.items.removeAll(keepingCapacity: true)
            state.head = 0
        } else if state.head >= 64, state.head * 2 >= state.items.count {
            state.items.removeFirst(state.head)
            state.head = 0
        }
        let isEmptied = state.isFull && state.count <= maximumItems / 4 && state.bytes <= maximumBytes / 4
        if isEmptied { state.isFull = false }
        return (Answer(item: item), isEmptied)
    }
}

extension LeadwireItem {
    /// What it costs to keep, roughly: the data, and a flat sum for the rest.
    fileprivate var byteCount: Int {
        if case .event(let event) = self { event.data.count + 256 } else { 256 }
    }
}
