import NIOCore

/// One timer for many deadlines, confined to an event loop: it comes at the earliest, and then asks for the next.
///
/// Late by up to ``grain``: commands that were sent a microsecond apart are looked at together.
final class DeadlineTimer {
    static let grain = TimeAmount.milliseconds(5)

    private let loop: any EventLoop
    /// Deals with what is due, and says when to come again; nil when nothing waits.
    private let look: (NIODeadline) -> NIODeadline?
    private var scheduled: Scheduled<Void>?
    private var comesAt = NIODeadline.distantFuture

    init(_ loop: any EventLoop, look: @escaping (NIODeadline) -> NIODeadline?) {
        self.loop = loop
        self.look = look
    }

    func needs(_ deadline: NIODeadline) {
        guard deadline < comesAt else { return }
        scheduled?.cancel()
        comesAt = deadline
        // The owner lives on this loop, and NIO traps where that is not so.
        scheduled = loop.assumeIsolated().scheduleTask(deadline: deadline) { [weak self] in self?.fire() }
    }

    func cancel() {
        scheduled?.cancel()
        scheduled = nil
        comesAt = .distantFuture
    }

    private func fire() {
        let now = loop.now
        scheduled = nil
        comesAt = .distantFuture
        if let next = look(now) { needs(max(next, now + Self.grain)) }
    }
}

@available(*, unavailable)
extension DeadlineTimer: Sendable {}
