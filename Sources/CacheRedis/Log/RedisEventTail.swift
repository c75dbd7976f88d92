public import Leads
public import Redis
public import Scoring
import Synchronization

/// Reads what any node publishes, by one blocking read over the streams of all followed tenants and the control stream.
///
/// Nothing is skipped silently: what the stream does not have any more is named, and the receiver reads it from the store.
/// The next reading begins when the receiver has taken the last: what waits, waits in Redis.
public final class RedisEventTail: Sendable {
    public enum Item: Sendable, Hashable {
        /// Of one tenant and epoch, dense, right after what came before.
        case events([CommittedEvent])
        /// The offsets from after `after` up to and with `through` are not in the stream (any more): trimmed, erased,
        /// flushed. The store has them, or knows that they were erased.
        case missing(Tenant, epoch: String, after: UInt64, through: UInt64)
        /// The tenant's stream is of another epoch, and stood so when it was seen. Its events follow from the first one. If
        /// it is not the store's epoch, nobody has rotated the stream yet: its events are of the past.
        case epoch(Tenant, StreamPosition)
        /// Redis knows nothing of the tenant's stream: never published, flushed, or a server that was started empty. What was
        /// published meanwhile may be nowhere but in the store.
        case unknown(Tenant)
        /// What a node sent by ``RedisEventLog/notify(_:)``.
        case notification([UInt8])
        /// Redis can't be read; said once. Until ``back`` only the store has what happens.
        case away(RedisError)
        /// It is read again. What came meanwhile follows, or is named as missing.
        case back
    }

    public struct Settings: Sendable {
        /// How long a reading waits at the server when nothing comes.
        public var block = Duration.seconds(1)
        /// How often streams that bring nothing are asked whether they are still what they were.
        public var checkInterval = Duration.seconds(2)
        /// Events of one stream in one reading, and of all.
        public var eventsPerStream = 512
        public var eventsPerReading = 4_096
        public var maximumTenants = 1_024
        public var firstBackOff = Duration.milliseconds(50)
        public var maximumBackOff = Duration.seconds(2)

        public init() {}
    }

    private struct State {
        var cursors = TailCursors()
        /// Of the connection that blocks, as the server numbers it.
        var connection: Int64?
        var mustCheck = true
        var isRunning = false
    }

    public let settings: Settings
    private let log: RedisEventLog
    private let state = Mutex(State())

    public init(_ log: RedisEventLog, settings: Settings = Settings()) {
        self.log = log
        self.settings = settings
    }

    /// Reads a tenant's stream from after `position`, from now on: the reading under way is interrupted. Of a tenant that
    /// is followed already, from there anew.
    ///
    /// Throws `overloaded` when as many tenants are followed as the settings allow.
    public func follow(_ tenant: Tenant, after position: StreamPosition) async throws(RedisError) {
        let isTaken = state.withLock { state in
            let cursors = state.cursors.cursors
            guard cursors[tenant] != nil || cursors.count < settings.maximumTenants else { return false }
            state.cursors.follow(tenant, after: position)
            state.mustCheck = true
            return true
        }
        guard isTaken else { throw RedisError(.overloaded, "more tenants are followed than the limit allows") }
        await interrupt()
    }

    public func unfollow(_ tenant: Tenant) {
        state.withLock { $0.cursors.unfollow(tenant) }
    }

    /// Up to where a tenant's events were handed on, or named as missing; nil for one that is not followed.
    public func position(of tenant: Tenant) -> StreamPosition? {
        state.withLock { $0.cursors.cursors[tenant]?.position }
    }

    /// Reads until the task is cancelled, whatever becomes of Redis. One at a time.
    public func run(_ receive: (Item) async -> Void) async {
        let isFirst = state.withLock { state in
            defer { state.isRunning = true }
            return !state.isRunning
        }
        precondition(isFirst, "a tail is run once at a time")
        defer { state.withLock { $0.isRunning = false } }
        var failures = 0
        var isAway = false
        var control: String?
        var share = settings.eventsPerStream
        while !Task.isCancelled {
            do {
                let session = try await log.client.openSession()
                defer { session.close() }
                let number = try await session.send(RedisCommand("CLIENT", "ID"), deadline: log.settings.deadline)
                if control == nil { control = try await newestControl(session) }
                state.withLock { state in
                    state.connection = number.integer
                    state.mustCheck = true
                }
                defer { state.withLock { $0.connection = nil } }
                if isAway { await receive(.back) }
                isAway = false
                try await read(session, &control, share: &share, receive) { failures = 0 }
            } catch {
                guard !Task.isCancelled else { return }
                if let error = error as? RedisError {
                    // One answer was too large: the next is smaller, down to single events.
                    if error.code == .tooLarge { share = max(1, share / 2) }
                    if !isAway, error.code != .tooLarge {
                        isAway = true
                        await receive(.away(error))
                    }
                }
                let bound = min(settings.firstBackOff * (1 << min(failures, 20)), settings.maximumBackOff)
                failures += 1
                // Back-off with jitter before the next connection, and a floor, so that no lucky number makes it busy.
                try? await Task.sleep(for: max(bound * Double.random(in: 0...1), .milliseconds(5)))
            }
        }
    }

    // MARK: Reading

    /// Reads until the session breaks.
    private func read(
        _ session: RedisSession, _ control: inout String?, share: inout Int, _ receive: (Item) async -> Void,
        succeeded: () -> Void
    ) async throws {
        var checkedAt = ContinuousClock.now
        while !Task.isCancelled {
            let now = ContinuousClock.now
            let mustCheck = state.withLock { state in
                defer { state.mustCheck = false }
                return state.mustCheck
            }
            if mustCheck || checkedAt.duration(to: now) >= settings.checkInterval {
                checkedAt = now
                try await check(receive)
            }
            let snapshot = snapshot()
            let answer = try await session.send(
                reading(snapshot, after: control ?? "0-0", share: share),
                deadline: settings.block + log.settings.deadline)
            succeeded()
            let streams = try StreamEntry.streams(answer)
            for entry in streams[RedisKeys.control] ?? [] {
                control = String(decoding: entry.id, as: UTF8.self)
                let kind = entry.field("k").map { String(decoding: $0, as: UTF8.self) }
                if kind == "rotate" { state.withLock { $0.mustCheck = true } }
                if kind == "note", let bytes = entry.field("b") { await receive(.notification(bytes)) }
            }
            var entries: [Tenant: [StreamEntry]] = [:]
            for (tenant, _) in snapshot { entries[tenant] = streams[RedisKeys.stream(tenant)] }
            let items = state.withLock { $0.cursors.read(snapshot, entries) }
            for item in items { await receive(item) }
            if share < settings.eventsPerStream { share += 1 }
        }
    }

    /// Asks where the streams stand.
    private func check(_ receive: (Item) async -> Void) async throws {
        let snapshot = snapshot()
        guard !snapshot.isEmpty else { return }
        let positions = try await log.positions(of: snapshot.map(\.tenant))
        let items = state.withLock { $0.cursors.compare(snapshot, with: positions) }
        for item in items { await receive(item) }
    }

    private func snapshot() -> [(tenant: Tenant, cursor: TailCursors.Cursor)] {
        state.withLock { $0.cursors.cursors.map { (tenant: $0.key, cursor: $0.value) } }
    }

    private func reading(
        _ snapshot: [(tenant: Tenant, cursor: TailCursors.Cursor)], after control: String, share: Int
    ) -> RedisCommand {
        let count = max(1, min(share, settings.eventsPerReading / max(1, snapshot.count)))
        var command = RedisCommand("XREAD", "COUNT", .integer(Int64(count)), "BLOCK")
        command.append(max(1, Int64(settings.block / .milliseconds(1))))
        command.append("STREAMS")
        for (tenant, _) in snapshot { command.append(RedisKeys.stream(tenant)) }
        command.append(RedisKeys.control)
        for (_, cursor) in snapshot { command.append("\(cursor.position.offset)-0") }
        command.append(control)
        return command
    }

    /// The control stream is read from its end on.
    private func newestControl(_ session: RedisSession) async throws(RedisError) -> String {
        let answer = try await session.send(
            RedisCommand("XREVRANGE", .bytes(RedisKeys.control), "+", "-", "COUNT", 1),
            deadline: log.settings.deadline)
        let newest = answer.elements?.first.flatMap { StreamEntry($0) }
        return newest.map { String(decoding: $0.id, as: UTF8.self) } ?? "0-0"
    }

    /// Ends the blocking of the reading under way. One that is about to begin is not ended: it lasts ``Settings/block``.
    private func interrupt() async {
        guard let connection = state.withLock({ $0.connection }) else { return }
        _ = try? await log.client.send(
            RedisCommand("CLIENT", "UNBLOCK", .integer(connection)), deadline: log.settings.deadline)
    }
}
