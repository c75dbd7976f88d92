import NIOCore
import NIOConcurrencyHelpers
import NIOEmbedded
import Testing

@testable import Realtime

/// A hub on one loop whose time stands still until it is told to go on, and channels without sockets.
struct StillHub {
    /// The wall clock that the hub shows: Saturday, 2026-11-21T10:00:00Z and whatever the loop's time has advanced.
    static let start: Int64 = 1_795_255_200_000

    let loop: NIOAsyncTestingEventLoop
    let hub: Hub

    init(
        history: (any HistorySource)? = nil, refresher: (any TokenRefresher)? = nil,
        _ configure: (inout HubConfiguration) -> Void = { _ in }
    ) {
        let loop = NIOAsyncTestingEventLoop()
        self.loop = loop
        var configuration = HubConfiguration()
        configuration.firstEpoch = "e1"
        configuration.wallClock = { Self.start + Int64(loop.now.uptimeNanoseconds / 1_000_000) }
        configure(&configuration)
        hub = Hub(group: loop, configuration: configuration, history: history, refresher: refresher)
    }

    func connect(
        _ user: String = "ann", role: Role = .admin, tenant: String = "t1", expiresAt: Int64? = nil,
        address: String = "192.0.2.7"
    ) async throws -> StillClient {
        let channel = NIOAsyncTestingChannel(loop: loop)
        let principal = Principal(user: user, role: role, tenant: tenant, expiresAt: expiresAt)
        let remote = try SocketAddress(ipAddress: address, port: 5_000)
        try await channel.connect(to: remote)
        let hub = hub
        try await loop.executeInContext {
            try WebSocketConnection.install(on: channel, principal: principal, hub: hub, remoteAddress: remote)
        }
        return StillClient(channel: channel, loop: loop)
    }

    /// Connected and subscribed, with the answer read.
    func subscriber(
        _ events: [String] = ["*"], user: String = "ann", role: Role = .admin, tenant: String = "t1"
    ) async throws -> StillClient {
        let client = try await connect(user, role: role, tenant: tenant)
        let names = events.map { "\"\($0)\"" }.joined(separator: ",")
        try await client.send(#"{"type":"subscribe","events":[\#(names)]}"#)
        _ = try await client.next()
        return client
    }

    func publish(_ publications: [Publication]) async {
        hub.publish(publications)
        await loop.run()
        await loop.run()
    }

    /// Waits until every read of the history that is under way has come back and was made use of.
    func finishReads() async {
        while await hub.mailboxes[0].ask({ $0.reads.count }) ?? 0 > 0, !Task.isCancelled {
            await Task.yield()
            await loop.run()
        }
    }

    /// One second after the other, so that every tick happens.
    func pass(seconds: Int) async {
        for _ in 0..<seconds { await loop.advanceTime(by: .seconds(1)) }
    }

    static func event(
        _ offset: UInt64, _ name: EventName = .leadScored, tenant: String = "t1", epoch: String = "e1",
        data: String? = nil, audience: Audience = .subscribers, subject: String? = nil, stateKey: String? = nil
    ) -> Publication {
        Publication(
            tenant: tenant, name: name, epoch: epoch, offset: offset, id: "i\(offset)",
            timestamp: "2026-11-21T10:00:00.000Z", data: Array((data ?? "{\"n\":\(offset)}").utf8), audience: audience,
            subject: subject, stateKey: stateKey)
    }

    /// What a client must get for `event(offset)`.
    static func text(
        _ offset: UInt64, _ name: EventName = .leadScored, epoch: String = "e1", data: String? = nil
    ) -> String {
        #"{"event_type":"\#(name.rawValue)","data":\#(data ?? "{\"n\":\(offset)}"),"#
            + #""timestamp":"2026-11-21T10:00:00.000Z","id":"i\#(offset)","offset":\#(offset),"epoch":"\#(epoch)"}"#
    }
}

/// The other end of one channel.
final class StillClient {
    let channel: NIOAsyncTestingChannel
    private let loop: NIOAsyncTestingEventLoop
    private var bytes: [UInt8] = []
    private var messages: [String] = []
    /// All that ``received()`` and ``send(bytes:)`` have seen, frame headers included.
    private(set) var bytesReceived = 0
    private(set) var bytesSent = 0

    init(channel: NIOAsyncTestingChannel, loop: NIOAsyncTestingEventLoop) {
        self.channel = channel
        self.loop = loop
    }

    func send(_ text: String) async throws { try await send(bytes: ClientFrame.text(text)) }

    func send(bytes: [UInt8]) async throws {
        bytesSent += bytes.count
        try await channel.writeInbound(ByteBuffer(bytes: bytes))
        await loop.run()
    }

    /// Everything there is by now: texts, and `<ping>`, `<pong …>`, `<close code reason>`.
    func received() async throws -> [String] {
        await loop.run()
        while let buffer = try await channel.readOutbound(as: ByteBuffer.self) {
            bytes += buffer.readableBytesView
            bytesReceived += buffer.readableBytes
        }
        return parsed()
    }

    private func parsed() -> [String] {
        var reader = FrameReader(bytes)
        while let frame = reader.next() { messages.append(frame.description) }
        bytes = reader.rest
        defer { messages = [] }
        return messages
    }

    /// The first of what is on its way, up to a byte chosen by `share` of 0...1; the rest is lost with the connection.
    func receivedBeforeLoss(share: Double) async throws -> [String] {
        await loop.run()
        var pending: [UInt8] = []
        while let buffer = try await channel.readOutbound(as: ByteBuffer.self) { pending += buffer.readableBytesView }
        bytes += pending.prefix(Int(Double(pending.count) * share))
        return parsed()
    }

    /// So many messages or more, waiting for what another thread still has to do.
    func received(_ count: Int) async throws -> [String] { try await gathered(count) { try await received() } }

    func next() async throws -> String {
        let one = try await received(1)
        return try #require(one.count == 1 ? one[0] : nil, "\(one)")
    }

    /// As when the kernel's buffer is full, or has room again.
    func setWritable(_ isWritable: Bool) async throws {
        let channel = channel
        channel.isWritable = isWritable
        try await loop.executeInContext { channel.pipeline.fireChannelWritabilityChanged() }
        await loop.run()
    }

    var isActive: Bool { channel.isActive }

    func hangUp() async throws { try await channel.hangUp() }
}

/// Looks until there are so many, for two minutes; then it fails.
func gathered<Element>(_ count: Int, _ look: () async throws -> [Element]) async throws -> [Element] {
    let end = ContinuousClock.now + .seconds(120)
    var all = try await look()
    while all.count < count {
        try Task.checkCancellation()
        // Asked before the last look, so that a machine that stood still is no failure.
        let isLast = ContinuousClock.now > end
        await Task.yield()
        all += try await look()
        if isLast { break }
    }
    try #require(all.count >= count, "\(all)")
    return all
}

extension NIOAsyncTestingChannel {
    /// The other end is gone. Its own `finish` runs whatever its loop has scheduled, however late, and then the hub's ticks
    /// would come no more.
    func hangUp() async throws {
        if isActive { try await close() }
        await testingEventLoop.run()
    }
}

/// A frame of the server, as a client reads it.
enum ServerFrame: CustomStringConvertible {
    case text([UInt8])
    case binary([UInt8])
    case ping([UInt8])
    case pong([UInt8])
    case close([UInt8])

    var description: String {
        switch self {
        case .text(let bytes): String(decoding: bytes, as: UTF8.self)
        case .binary(let bytes): "<binary \(bytes)>"
        case .ping: "<ping>"
        case .pong(let bytes): "<pong \(bytes)>"
        case .close(let bytes) where bytes.count >= 2:
            "<close \(Int(bytes[0]) << 8 | Int(bytes[1])) \(String(decoding: bytes[2...], as: UTF8.self))>"
        case .close: "<close>"
        }
    }
}

/// Takes whole frames off the front of what a server sent.
struct FrameReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var rest: [UInt8] { Array(bytes[position...]) }

    mutating func next() -> ServerFrame? {
        let left = bytes[position...]
        guard left.count >= 2 else { return nil }
        let short = Int(bytes[position + 1])
        let header = short == 127 ? 10 : short == 126 ? 4 : 2
        guard left.count >= header else { return nil }
        let length = header == 2 ? short : bytes[position + 2..<position + header].reduce(0) { $0 << 8 | Int($1) }
        guard left.count >= header + length else { return nil }
        let payload = Array(bytes[position + header..<position + header + length])
        let first = bytes[position]
        position += header + length
        return switch first {
        case 0x81: .text(payload)
        case 0x82: .binary(payload)
        case 0x89: .ping(payload)
        case 0x8A: .pong(payload)
        default: .close(payload)
        }
    }
}

/// A durable log in memory, which can be cut off, made to fail, and asked what was read.
final class TestLog: HistorySource {
    struct State {
        var epoch = "e1"
        var events: [Publication] = []
        var erased: Set<UInt64> = []
        var isBroken = false
        var reads: [UInt64] = []
        var positions = 0
        var isHeld = false
        var held: [CheckedContinuation<Void, Never>] = []
    }

    struct Broken: Error {}

    let state: NIOLockedValueBox<State>

    init(_ events: [Publication]) {
        state = NIOLockedValueBox(State(events: events))
    }

    /// From now on reads don't come back, until `release`.
    func hold() { state.withLockedValue { $0.isHeld = true } }

    func release() {
        let held = state.withLockedValue { state in
            state.isHeld = false
            defer { state.held = [] }
            return state.held
        }
        for read in held { read.resume() }
    }

    private func waitWhileHeld() async {
        await withCheckedContinuation { continuation in
            let mayPass = state.withLockedValue { state in
                if state.isHeld { state.held.append(continuation) }
                return !state.isHeld
            }
            if mayPass { continuation.resume() }
        }
    }

    func position(of tenant: String) async throws -> (epoch: String, offset: UInt64) {
        try state.withLockedValue { state in
            state.positions += 1
            guard !state.isBroken else { throw Broken() }
            return (state.epoch, state.events.last?.offset ?? 0)
        }
    }

    func events(after offset: UInt64, tenant: String, limit: Int) async throws -> [HistoryItem] {
        await waitWhileHeld()
        return try state.withLockedValue { state in
            state.reads.append(offset)
            guard !state.isBroken else { throw Broken() }
            return state.events.filter { $0.offset > offset && $0.tenant == tenant }.prefix(limit).map { event in
                state.erased.contains(event.offset) ? .erased(offset: event.offset) : .event(event)
            }
        }
    }
}
