import NIOCore
import NIOEmbedded
import Testing

@testable import Realtime

/// One Server-Sent Event, as a browser would see it.
struct StreamedEvent: Equatable, CustomStringConvertible {
    var id: String?
    var name = "message"
    var data = ""

    /// The offset of the id.
    var offset: UInt64? { id?.split(separator: ":").last.flatMap { UInt64($0) } }

    var description: String { "\(id ?? "-") \(name) \(data)" }
}

/// Reads a body of Server-Sent Events by the rules of the standard (WHATWG HTML, section 9.2.6), whatever pieces it
/// comes in; chunks are taken apart first.
struct EventStreamReader {
    private let isChunked: Bool
    private var raw: [UInt8] = []
    private var body: [UInt8] = []
    private(set) var retry: Int?
    private(set) var comments = 0
    /// The last chunk was read.
    private(set) var hasEnded = false

    init(isChunked: Bool) { self.isChunked = isChunked }

    mutating func read(_ bytes: [UInt8]) -> [StreamedEvent] {
        raw += bytes
        if isChunked { while takeChunk() {} } else { (body, raw) = (body + raw, []) }
        var events: [StreamedEvent] = []
        let blank = Array("\n\n".utf8)
        while let end = body.indices.first(where: { body[$0...].starts(with: blank) }) {
            let block = String(decoding: body[..<end], as: UTF8.self)
            body.removeFirst(end + 2)
            if let event = event(block) { events.append(event) }
        }
        return events
    }

    private mutating func takeChunk() -> Bool {
        guard let line = raw.firstIndex(of: 13), line + 1 < raw.count,
            let size = Int(String(decoding: raw[..<line], as: UTF8.self), radix: 16), raw.count >= line + 4 + size
        else { return false }
        let start = line + 2
        if size == 0 { hasEnded = true }
        body += raw[start..<start + size]
        #expect(Array(raw[start + size..<start + size + 2]) == [13, 10])
        raw.removeFirst(start + size + 2)
        return true
    }

    private mutating func event(_ block: String) -> StreamedEvent? {
        var event = StreamedEvent()
        var hasData = false
        for line in block.split(separator: "\n", omittingEmptySubsequences: false) {
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count == 2 ? String(parts[1].first == " " ? parts[1].dropFirst() : parts[1]) : ""
            switch parts[0] {
            case "": comments += 1
            case "id": event.id = value
            case "event": event.name = value
            case "retry": retry = Int(value)
            case "data":
                event.data += (hasData ? "\n" : "") + value
                hasData = true
            default: Issue.record("a line of no meaning: \(line)")
            }
        }
        return hasData ? event : nil
    }
}

/// The other end of an event stream on a channel without a socket.
final class StillStream {
    let channel: NIOAsyncTestingChannel
    private let loop: NIOAsyncTestingEventLoop
    private(set) var reader: EventStreamReader

    init(channel: NIOAsyncTestingChannel, loop: NIOAsyncTestingEventLoop, isChunked: Bool) {
        self.channel = channel
        self.loop = loop
        reader = EventStreamReader(isChunked: isChunked)
    }

    func received() async throws -> [StreamedEvent] { reader.read(try await bytes()) }

    /// The first of what is on its way, up to a byte chosen by `share` of 0...1; the rest is lost with the connection.
    func receivedBeforeLoss(share: Double) async throws -> [StreamedEvent] {
        let all = try await bytes()
        return reader.read(Array(all.prefix(Int(Double(all.count) * share))))
    }

    func bytes() async throws -> [UInt8] {
        await loop.run()
        var bytes: [UInt8] = []
        while let buffer = try await channel.readOutbound(as: ByteBuffer.self) { bytes += buffer.readableBytesView }
        return bytes
    }

    /// So many events or more, waiting for what another thread still has to do.
    func received(_ count: Int) async throws -> [StreamedEvent] { try await gathered(count) { try await received() } }

    func setWritable(_ isWritable: Bool) async throws {
        let channel = channel
        channel.isWritable = isWritable
        try await loop.executeInContext { channel.pipeline.fireChannelWritabilityChanged() }
        await loop.run()
    }

    var isActive: Bool { channel.isActive }

    func hangUp() async throws { try await channel.hangUp() }
}

extension StillHub {
    /// An event stream whose response's head has been sent.
    func stream(
        _ events: [EventName]? = nil, filter: String? = nil, since: (epoch: String, offset: UInt64)? = nil,
        role: Role = .admin, tenant: String = "t1", expiresAt: Int64? = nil, isChunked: Bool = true
    ) async throws -> StillStream {
        let channel = NIOAsyncTestingChannel(loop: loop)
        let principal = Principal(user: "bea", role: role, tenant: tenant, expiresAt: expiresAt)
        let remote = try SocketAddress(ipAddress: "192.0.2.8", port: 5_001)
        try await channel.connect(to: remote)
        let request = try EventStreamRequest(events: events, filter: filter, since: since)
        let hub = hub
        try await loop.executeInContext {
            try EventStreamConnection.install(
                on: channel, request, isChunked: isChunked, principal: principal, hub: hub, remoteAddress: remote)
        }
        return StillStream(channel: channel, loop: loop, isChunked: isChunked)
    }
}
