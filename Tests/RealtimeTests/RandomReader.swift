import NIOCore
import NIOEmbedded

@testable import Realtime

/// Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// One client over its whole life, over a WebSocket or an event stream; connections come and go, and what was on its
/// way is lost with them. What it saw must be the log.
final class RandomReader {
    struct Counts {
        var connects = 0
        var drops = 0
        var resubscribes = 0
        var stalls = 0
    }

    private enum Connection {
        case socket(StillClient)
        case stream(StillStream)
    }

    let names: [EventName]
    let onlyEven: Bool
    let role: Role
    let isStream: Bool
    private var connection: Connection?
    private var isWritable = true
    /// Where it would resume; nil before its first subscription.
    private(set) var cursor: UInt64?
    private(set) var start: UInt64 = 0
    private(set) var delivered: [UInt64] = []
    private(set) var gaps: [(names: Set<String>, range: ClosedRange<UInt64>)] = []
    private(set) var surprises: [String] = []
    private(set) var counts = Counts()

    init(names: [EventName], onlyEven: Bool, role: Role, isStream: Bool) {
        self.names = names
        self.onlyEven = onlyEven
        self.role = role
        self.isStream = isStream
    }

    // MARK: What it does

    var isConnected: Bool { connection != nil }

    func connect(to still: StillHub, isChunked: Bool) async throws {
        counts.connects += 1
        isWritable = true
        if isStream {
            connection = .stream(
                try await still.stream(
                    names, filter: onlyEven ? #"{"eq":["even",true]}"# : nil, since: cursor.map { ("e1", $0) },
                    role: role, isChunked: isChunked))
        } else {
            let client = try await still.connect(role: role)
            connection = .socket(client)
            try await client.send(subscribe)
        }
    }

    /// Asks again on the same connection, for the same and from where it stands.
    func resubscribe() async throws {
        try await collect()
        guard case .socket(let client) = connection, cursor != nil else { return }
        counts.resubscribes += 1
        try await client.send(subscribe)
    }

    func toggleReading() async throws {
        isWritable.toggle()
        if !isWritable { counts.stalls += 1 }
        switch connection {
        case .socket(let client): try await client.setWritable(isWritable)
        case .stream(let stream): try await stream.setWritable(isWritable)
        case nil: break
        }
    }

    func read() async throws {
        if connection != nil, !isWritable { try await toggleReading() }
        try await collect()
    }

    /// The connection breaks: of what was on its way only the first part arrived.
    func drop(after share: Double) async throws {
        counts.drops += 1
        switch connection {
        case .socket(let client):
            for message in try await client.receivedBeforeLoss(share: share) { take(message) }
            try await client.hangUp()
        case .stream(let stream):
            for event in try await stream.receivedBeforeLoss(share: share) { take(event) }
            try await stream.hangUp()
        case nil: break
        }
        connection = nil
    }

    func collect() async throws {
        switch connection {
        case .socket(let client):
            for message in try await client.received() { take(message) }
            if !client.isActive { connection = nil }
        case .stream(let stream):
            for event in try await stream.received() { take(event) }
            if !stream.isActive { connection = nil }
        case nil: break
        }
    }

    /// A sign of life, from who takes bytes.
    func answerPing() async throws {
        try await collect()
        if case .socket(let client) = connection, isWritable { try await client.send(bytes: ClientFrame.pong()) }
    }

    private var subscribe: String {
        let list = names.map { "\"\($0.rawValue)\"" }.joined(separator: ",")
        let filter = onlyEven ? #","filter":{"eq":["even",true]}"# : ""
        let since = cursor.map { #","since":{"epoch":"e1","offset":\#($0)}"# } ?? ""
        return #"{"type":"subscribe","events":[\#(list)]\#(filter)\#(since)}"#
    }

    // MARK: What it sees

    private func number(_ key: String, _ message: String) -> UInt64 {
        guard let start = message.firstRange(of: "\"\(key)\":")?.upperBound else { return .max }
        return UInt64(message[start...].prefix { $0.isNumber }) ?? .max
    }

    private func take(_ event: StreamedEvent) {
        let last = event.offset
        switch event.name {
        case "close": return
        case "subscription_updated":
            if let last, cursor == nil { start = last }
        case "gap" where last != nil: surprises.append("a gap with an id")
        default: take(event.data)
        }
        // As a browser does: whatever has an id is where it would resume.
        if let last { cursor = last }
    }

    private func take(_ message: String) {
        if message.hasPrefix(#"{"event_type""#) {
            let offset = number("offset", message)
            if let last = delivered.last, offset <= last { surprises.append("\(offset) after \(last)") }
            delivered.append(offset)
            cursor = max(cursor ?? 0, offset)
        } else if message.hasPrefix(#"{"type":"hb""#) {
            cursor = max(cursor ?? 0, number("offset", message))
        } else if message.hasPrefix(#"{"type":"gap""#) {
            let (from, to) = (number("from", message), number("to", message))
            guard from <= to else { return surprises.append(message) }
            gaps.append((Set(names.map(\.rawValue).filter { message.contains("\"\($0)\"") }), from...to))
        } else if message.hasPrefix(#"{"type":"subscription_updated""#) {
            guard cursor == nil else { return }
            start = number("offset", message)
            cursor = start
        } else if !message.hasPrefix("<") {
            surprises.append(message)
        }
    }

    /// What of the log it neither saw nor was told to have missed, and what it should not have seen.
    func faults(_ log: [Publication]) -> [String] {
        let wanted = log.filter {
            $0.offset > start && names.contains($0.name) && $0.isVisible(to: role)
                && (!onlyEven || $0.offset % 2 == 0)
        }
        let seen = Set(delivered)
        let lost = wanted.filter { event in
            !seen.contains(event.offset)
                && !gaps.contains { $0.range.contains(event.offset) && $0.names.contains(event.name.rawValue) }
        }
        let foreign = seen.subtracting(wanted.map(\.offset))
        return surprises + lost.map { "lost \($0.offset)" } + foreign.map { "not wanted \($0)" }
    }
}
