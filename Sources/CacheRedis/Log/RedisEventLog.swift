public import Leads
public import Redis
public import Scoring

/// The fast path of the event log between nodes: a stream for each tenant, bounded in length and age. The store stays the
/// truth: it gave each event its offset, and whatever is not here any more is read there.
///
/// Publishing is safe to repeat and to race: a script appends only what comes next, so however many nodes publish, in
/// whatever order, the stream is dense and holds each event once. ``RedisEventTail`` reads it.
public final class RedisEventLog: Sendable {
    public struct Settings: Sendable {
        /// Events that a stream keeps, about.
        public var maximumEvents = 10_000
        /// An event is kept so long at most while others come, and at least half of it.
        public var maximumAge = Duration.seconds(600)
        /// Events of a tenant in one script: a script holds up everybody else.
        public var eventsPerCall = 256
        public var deadline = Duration.seconds(1)

        public init() {}
    }

    /// What became of events of one tenant and epoch.
    public struct Publication: Sendable, Hashable {
        public enum Result: Sendable, Hashable {
            /// Every one is in the stream, appended now or before.
            case complete
            /// Events after `position` are missing: read them from the store, and publish from there again.
            case hole
            /// The stream is of the epoch of `position`, and nothing was appended.
            case otherEpoch
        }

        public var tenant: Tenant
        public var result: Result
        /// Events that were appended by this call.
        public var appended: Int
        /// Where the stream stands.
        public var position: StreamPosition
    }

    /// Of what ``notify(_:)`` takes.
    public static let maximumNotificationBytes = 4_096

    public let settings: Settings
    let client: RedisClient

    public init(_ client: RedisClient, settings: Settings = Settings()) {
        self.client = client
        self.settings = settings
    }

    /// Appends events, each tenant's in offset order. One round trip for all of them.
    ///
    /// With `rotate` an epoch that is not the stream's begins the stream anew: for the node that knows from the store that
    /// the log has a new epoch.
    ///
    /// With `skipsHoles` events whose predecessors are missing are appended all the same: for when those do not come. Whoever
    /// tails is told what is missing, and one that comes later is a duplicate.
    ///
    /// Throws `RedisError`: then some may have been appended; publish all of them again. The answer has one element for each
    /// tenant and epoch, in the order of first appearance; after a `hole` or `otherEpoch` later events of that tenant are
    /// not tried.
    public func publish(
        _ events: [CommittedEvent], rotate: Bool = false, skipsHoles: Bool = false
    ) async throws(RedisError) -> [Publication] {
        let runs = Self.runs(events)
        let pieces = runs.indices.flatMap { index in
            stride(from: 0, to: runs[index].count, by: settings.eventsPerCall).map { start in
                (run: index, events: runs[index][start..<min(start + settings.eventsPerCall, runs[index].count)])
            }
        }
        let calls = pieces.map { call($0.events, mode: rotate ? "1" : skipsHoles ? "2" : "0") }
        let answers = try await client.run(PublishScript.script, calls, deadline: settings.deadline)
        var publications: [Int: Publication] = [:]
        for (piece, answer) in zip(pieces, answers) {
            let next = try Self.publication(runs[piece.run][0].event.tenant, try answer.get())
            if var whole = publications[piece.run] {
                whole.appended += next.appended
                whole.position = next.position
                if whole.result == .complete { whole.result = next.result }
                publications[piece.run] = whole
            } else {
                publications[piece.run] = next
            }
        }
        return runs.indices.compactMap { publications[$0] }
    }

    /// Takes events out of a stream, for they speak of a lead that was erased. One that is published later stands there
    /// again: erase in the store first.
    public func erase(offsets: [UInt64], tenant: Tenant) async throws(RedisError) {
        let key = RedisArgument.bytes(RedisKeys.stream(tenant))
        let commands = stride(from: 0, to: offsets.count, by: 512).map { start in
            var command = RedisCommand("XDEL", key)
            for offset in offsets[start..<min(start + 512, offsets.count)] { command.append("\(offset)-0") }
            return command
        }
        for answer in try await client.send(commands, deadline: settings.deadline) { _ = try answer.get() }
    }

    /// Where a tenant's stream stands; nil when nothing is known of it here.
    public func position(of tenant: Tenant) async throws(RedisError) -> StreamPosition? {
        try await positions(of: [tenant])[0]
    }

    func positions(of tenants: [Tenant]) async throws(RedisError) -> [StreamPosition?] {
        let commands = tenants.map {
            RedisCommand("HMGET", .bytes(RedisKeys.streamState($0)), "epoch", "last")
        }
        var positions: [StreamPosition?] = []
        for answer in try await client.send(commands, deadline: settings.deadline) {
            let fields = try answer.get().elements ?? []
            guard fields.count == 2, let epoch = fields[0].text, let last = fields[1].text.flatMap({ UInt64($0) })
            else {
                positions.append(nil)
                continue
            }
            positions.append(StreamPosition(epoch: epoch, offset: last))
        }
        return positions
    }

    /// Sends a few bytes to every node that tails. They are kept for late readers only as long as the control stream is:
    /// about a thousand notifications.
    ///
    /// - Precondition: at most ``maximumNotificationBytes``.
    public func notify(_ bytes: [UInt8]) async throws(RedisError) {
        precondition(bytes.count <= Self.maximumNotificationBytes, "a notification is small")
        _ = try await client.send(
            RedisCommand(
                "XADD", .bytes(RedisKeys.control), "MAXLEN", "~", 1_000, "*", "k", "note", "b", .bytes(bytes)),
            deadline: settings.deadline)
    }

    // MARK: Form

    /// Consecutive events of one tenant and epoch, each tenant's in the order given.
    private static func runs(_ events: [CommittedEvent]) -> [[CommittedEvent]] {
        var runs: [[CommittedEvent]] = []
        var newest: [Tenant: Int] = [:]
        for event in events {
            if let index = newest[event.event.tenant], runs[index].last?.epoch == event.epoch {
                runs[index].append(event)
            } else {
                newest[event.event.tenant] = runs.count
                runs.append([event])
            }
        }
        return runs
    }

    private func call(_ events: ArraySlice<CommittedEvent>, mode: RedisArgument) -> RedisScript.Call {
        guard let first = events.first else { return RedisScript.Call(keys: [], arguments: []) }
        let tenant = first.event.tenant
        let halfLife = max(1, Int64(settings.maximumAge / .milliseconds(2)))
        var arguments: [RedisArgument] = [
            .text(first.epoch), mode, .integer(Int64(settings.maximumEvents)), .integer(halfLife),
            .text(tenant.name),
        ]
        for event in events {
            arguments.append(.text(String(event.offset)))
            arguments.append(.bytes(EventForm.bytes(of: event)))
        }
        return RedisScript.Call(
            keys: [
                .bytes(RedisKeys.stream(tenant)), .bytes(RedisKeys.streamState(tenant)), .bytes(RedisKeys.control),
            ], arguments: arguments)
    }

    private static func publication(
        _ tenant: Tenant, _ answer: RESPValue
    ) throws(RedisError) -> Publication {
        let parts = answer.elements ?? []
        guard parts.count == 4, let appended = parts[1].integer, let epoch = parts[2].text,
            let last = parts[3].text.flatMap({ UInt64($0) })
        else { throw RedisError(.malformed, "the script answered something else") }
        let result: Publication.Result
        switch parts[0].text {
        case "ok": result = .complete
        case "hole": result = .hole
        case "epoch": result = .otherEpoch
        default: throw RedisError(.malformed, "the script answered something else")
        }
        return Publication(
            tenant: tenant, result: result, appended: Int(appended),
            position: StreamPosition(epoch: epoch, offset: last))
    }
}
