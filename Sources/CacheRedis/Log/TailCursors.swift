import Leads
import Redis
import Scoring

/// Where each followed tenant stands, and what an answer means for it: a pure machine.
struct TailCursors: Sendable {
    struct Cursor: Sendable, Hashable {
        /// Up to here everything was handed on, or named as missing.
        var position: StreamPosition
        /// Whose reading it is: an answer to a reading from before ``follow(_:after:)`` says nothing of what came after.
        var generation: Int
        /// Redis knew the stream when it was last asked.
        var isKnown = true
        /// The stream's end as Redis said before the reading under way.
        var expected: UInt64?
    }

    private(set) var cursors: [Tenant: Cursor] = [:]
    private var nextGeneration = 0

    mutating func follow(_ tenant: Tenant, after position: StreamPosition) {
        nextGeneration += 1
        cursors[tenant] = Cursor(position: position, generation: nextGeneration)
    }

    mutating func unfollow(_ tenant: Tenant) { cursors[tenant] = nil }

    /// What the positions, asked for `snapshot`, say: streams of another epoch, or gone.
    mutating func compare(
        _ snapshot: [(tenant: Tenant, cursor: Cursor)], with positions: [StreamPosition?]
    ) -> [RedisEventTail.Item] {
        var items: [RedisEventTail.Item] = []
        for ((tenant, seen), position) in zip(snapshot, positions) {
            guard var cursor = cursors[tenant], cursor.generation == seen.generation else { continue }
            if let position {
                if position.epoch != cursor.position.epoch {
                    items.append(.epoch(tenant, position))
                    cursor.position = StreamPosition(epoch: position.epoch, offset: 0)
                }
                cursor.isKnown = true
                cursor.expected = position.offset
            } else {
                if cursor.isKnown { items.append(.unknown(tenant)) }
                cursor.isKnown = false
                cursor.expected = nil
            }
            cursors[tenant] = cursor
        }
        return items
    }

    /// What a reading from `snapshot` brought: by tenant, the entries in order.
    mutating func read(
        _ snapshot: [(tenant: Tenant, cursor: Cursor)], _ entries: [Tenant: [StreamEntry]]
    ) -> [RedisEventTail.Item] {
        var items: [RedisEventTail.Item] = []
        for (tenant, seen) in snapshot {
            guard var cursor = cursors[tenant], cursor.generation == seen.generation else { continue }
            if let own = entries[tenant], !own.isEmpty {
                Self.take(own, of: tenant, &cursor, &items)
            } else if let expected = cursor.expected {
                // Whatever the stream had after the cursor would have come.
                if expected > cursor.position.offset {
                    items.append(
                        .missing(
                            tenant, epoch: cursor.position.epoch, after: cursor.position.offset, through: expected))
                    cursor.position.offset = expected
                }
                cursor.expected = nil
            }
            cursors[tenant] = cursor
        }
        return items
    }

    private static func take(
        _ entries: [StreamEntry], of tenant: Tenant, _ cursor: inout Cursor, _ items: inout [RedisEventTail.Item]
    ) {
        var run: [CommittedEvent] = []
        func flush() {
            if !run.isEmpty { items.append(.events(run)) }
            run = []
        }
        for entry in entries {
            guard let offset = entry.offset, offset > cursor.position.offset else { continue }
            guard let event = entry.event(of: tenant) else {
                // Written by another version, or damaged: the store has it.
                flush()
                items.append(
                    .missing(tenant, epoch: cursor.position.epoch, after: cursor.position.offset, through: offset))
                cursor.position.offset = offset
                continue
            }
            if event.epoch != cursor.position.epoch {
                flush()
                items.append(.epoch(tenant, StreamPosition(epoch: event.epoch, offset: offset)))
                cursor.position = StreamPosition(epoch: event.epoch, offset: 0)
            }
            if offset > cursor.position.offset + 1 {
                flush()
                items.append(
                    .missing(tenant, epoch: event.epoch, after: cursor.position.offset, through: offset - 1))
            }
            run.append(event)
            cursor.position.offset = offset
        }
        flush()
    }
}

/// One entry of a stream: its id, and its fields.
struct StreamEntry: Sendable, Hashable {
    var id: [UInt8]
    var fields: [RESPPair]

    init?(_ value: RESPValue) {
        guard let parts = value.elements, parts.count == 2, let id = parts[0].bytes else { return nil }
        self.id = id
        fields = parts[1].pairs ?? []
    }

    /// `12-0` is 12; nil for an id that is not ours.
    var offset: UInt64? {
        let digits = id.prefix { $0 != UInt8(ascii: "-") }
        return UInt64(String(decoding: digits, as: UTF8.self))
    }

    func field(_ name: StaticString) -> [UInt8]? {
        let name = Array("\(name)".utf8)
        return fields.first { $0.key.bytes == name }?.value.bytes
    }

    func event(of tenant: Tenant) -> CommittedEvent? {
        guard let offset, let bytes = field("e") else { return nil }
        return try? EventForm.event(bytes, tenant: tenant, offset: offset)
    }

    /// The answer of XREAD by stream: a map in RESP3, pairs in arrays in RESP2, null when the time was up.
    static func streams(_ answer: RESPValue) throws(RedisError) -> [[UInt8]: [StreamEntry]] {
        let pairs: [RESPPair]
        switch answer {
        case .null: return [:]
        case .map(let entries): pairs = entries
        case .array(let streams):
            pairs = streams.compactMap { stream in
                guard let parts = stream.elements, parts.count == 2 else { return nil }
                return RESPPair(key: parts[0], value: parts[1])
            }
        default: throw RedisError(.malformed, "XREAD answered something else")
        }
        var streams: [[UInt8]: [StreamEntry]] = [:]
        for pair in pairs {
            guard let key = pair.key.bytes else { continue }
            streams[key] = (pair.value.elements ?? []).compactMap(StreamEntry.init)
        }
        return streams
    }
}
