import NIOCore
import NIOConcurrencyHelpers

/// The way to a ``Shard`` from any thread: a bounded inbox that wakes the loop once, however many items wait.
final class ShardMailbox: Sendable {
    enum Erasure: Sendable {
        case subject(String)
        case offsets(Set<UInt64>)
    }

    enum Item: Sendable {
        case publication(Publication)
        case position(tenant: String, epoch: String, offset: UInt64)
        case erase(tenant: String, Erasure)

        var bytes: Int {
            if case .publication(let publication) = self { publication.frame.count } else { 0 }
        }
    }

    private struct Inbox {
        var items = CircularBuffer<Item>()
        var bytes = 0
        var isScheduled = false
        var dropped = 0
    }

    /// How many publications one turn of the loop takes: one bit each in the masks of a fan-out.
    static let turn = 64

    let loop: any EventLoop
    private let configuration: HubConfiguration
    private let inbox = NIOLockedValueBox(Inbox())
    private let shard: NIOLoopBoundBox<Shard>

    init(
        loop: any EventLoop, loopCount: Int, configuration: HubConfiguration, admission: Admission,
        history: (any HistorySource)?, refresher: (any TokenRefresher)?
    ) {
        self.loop = loop
        self.configuration = configuration
        shard = NIOLoopBoundBox.makeBoxSendingValue(
            Shard(
                loop: loop, loopCount: loopCount, configuration: configuration, admission: admission,
                history: history, refresher: refresher),
            eventLoop: loop)
        loop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { [weak self] task in
            if let self { self.shard.value.tick() } else { task.cancel() }
        }
    }

    /// Never waits for the loop. Above the bounds the oldest publications are dropped: the hole in the offsets is
    /// found by the shard, which then reads the history or announces a gap, so nothing is lost silently.
    func post(_ items: [Item]) {
        let mustWake = inbox.withLockedValue { inbox -> Bool in
            for item in items {
                inbox.items.append(item)
                inbox.bytes += item.bytes
            }
            while inbox.items.count > configuration.inboxCount || inbox.bytes > configuration.inboxBytes,
                inbox.items.count > 1, case .publication? = inbox.items.first
            {
                inbox.bytes -= inbox.items.removeFirst().bytes
                inbox.dropped += 1
            }
            defer { inbox.isScheduled = true }
            return !inbox.isScheduled
        }
        if mustWake { loop.execute { self.drain() } }
    }

    private func drain() {
        let (items, hasMore) = inbox.withLockedValue { inbox -> ([Item], Bool) in
            let items = Array(inbox.items.prefix(Self.turn))
            inbox.items.removeFirst(items.count)
            for item in items { inbox.bytes -= item.bytes }
            inbox.isScheduled = !inbox.items.isEmpty
            return (items, inbox.isScheduled)
        }
        shard.value.take(items)
        if hasMore { loop.execute { self.drain() } }
    }

    /// Publications dropped because the loop did not keep up.
    var dropped: Int { inbox.withLockedValue { $0.dropped } }

    /// Runs on the loop; nil once the loop is shut down.
    func ask<Answer: Sendable>(_ question: @escaping @Sendable (Shard) -> Answer) async -> Answer? {
        try? await loop.submit { question(self.shard.value) }.get()
    }

    func shutDown(window: TimeAmount, deadline: TimeAmount) async {
        let empty = try? await loop.submit { self.shard.value.drain(window: window, deadline: deadline) }.get()
        try? await empty?.get()
    }

    /// On the loop.
    func makeConsumer(number: UInt64, principal: Principal, address: String) -> Consumer {
        Consumer(shard: shard.value, number: number, principal: principal, address: address)
    }
}
