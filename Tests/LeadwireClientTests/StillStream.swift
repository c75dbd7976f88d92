import JSONBytes
import NIOCore

@testable import LeadwireClient

/// A machine with a clock that stands until a test moves it, and orders sorted by what they are.
struct StillStream {
    var machine: StreamMachine
    var now = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
    /// Everything ordered since the last `take`.
    private(set) var orders: [StreamMachine.Action] = []

    /// Back-off without jitter: the generator gives its largest number, so every wait is its bound.
    struct Largest: RandomNumberGenerator, Sendable {
        mutating func next() -> UInt64 { .max }
    }

    init(
        since: LeadwirePosition? = nil, hasTokens: Bool = false,
        _ change: (inout LeadwireConfiguration) -> Void = { _ in }
    ) {
        var configuration = LeadwireConfiguration()
        configuration.randomness = Largest()
        change(&configuration)
        machine = StreamMachine(
            names: [.leadScored], filter: nil, since: since, hasTokens: hasTokens, configuration: configuration)
    }

    mutating func take() -> [StreamMachine.Action] {
        defer { orders = [] }
        return orders
    }

    /// The items among what was ordered, which is thrown away.
    mutating func items() -> [LeadwireItem] {
        take().compactMap { if case .yield(let item) = $0 { item } else { nil } }
    }

    var last: LeadwireState? {
        for case .yield(.state(let state)) in orders.reversed() { return state }
        return nil
    }

    // MARK: What happens

    mutating func start() { orders += machine.start(at: now) }
    mutating func opened() { orders += machine.opened(attempt: machine.attempt, at: now) }
    mutating func demand(_ hasDemand: Bool) { orders += machine.demandChanged(hasDemand, at: now) }
    mutating func stop() { orders += machine.stop() }

    mutating func closed(_ closure: StreamMachine.Closure) {
        orders += machine.closed(closure, attempt: machine.attempt, at: now)
    }

    mutating func closed(_ code: UInt16) { closed(.frame(code: code, reason: "")) }

    mutating func token(_ token: String?, for use: StreamMachine.Action.TokenUse = .handshake) {
        orders += machine.tokenFetched(token, for: use, attempt: machine.attempt, at: now)
    }

    mutating func hears(_ text: String) {
        orders += machine.received(Array(text.utf8), attempt: machine.attempt, at: now)
    }

    /// Moves the clock, telling the machine of each of its deadlines on the way.
    mutating func advance(_ amount: TimeAmount) {
        let end = now + amount
        var rounds = 0
        while let deadline = machine.deadline, deadline <= end, rounds < 1_000 {
            now = max(now, deadline)
            orders += machine.tick(at: now)
            rounds += 1
        }
        now = end
    }

    /// Through the wait, and no further.
    mutating func comeBack() {
        guard case .waiting(let until) = machine.state else { return }
        advance(until - now)
    }

    mutating func subscribed(offset: UInt64 = 0, epoch: String = "e1", recovered: Bool = false) {
        hears(
            """
            {"type":"subscription_updated","id":"subscribe-\(machine.attempt)","subscriptions":["lead_scored"],\
            "denied":[],"connection_id":"n1-1","epoch":"\(epoch)","offset":\(offset),"recovered":\(recovered),\
            "replaying":0}
            """)
    }

    mutating func event(_ offset: UInt64, epoch: String = "e1") {
        hears(#"{"event_type":"lead_scored","data":{"n":\#(offset)},"id":"i","offset":\#(offset),"epoch":"\#(epoch)"}"#)
    }

    /// From the start, or from a wait, to a live subscription.
    mutating func goLive(offset: UInt64 = 0, recovered: Bool = false) {
        if machine.state == .idle { start() } else { comeBack() }
        if machine.hasTokens { token("t") }
        opened()
        subscribed(offset: offset, recovered: recovered)
    }

    /// The offsets of the events among the items ordered.
    mutating func offsets() -> [UInt64] {
        items().compactMap { if case .event(let event) = $0 { event.position?.offset } else { nil } }
    }
}

extension StreamMachine.Action {
    var text: String? {
        if case .sendText(let bytes) = self { String(decoding: bytes, as: UTF8.self) } else { nil }
    }
}
