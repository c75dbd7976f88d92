import JSONBytes
import Leads
import Realtime
import Scoring

/// The stream's log, read at the reader's own pace.
extension API {
    /// `GET /events/history`: a page of the durable log, by role and tenant like the stream.
    func eventHistory(_ exchange: Exchange) async throws -> Reply {
        var problems: [FieldProblem] = []
        let names = Self.eventNames(exchange.query, "event", problems: &problems)
        let since = exchange.query["since"].flatMap { Self.logPlace($0, "since", problems: &problems) }
        let limit = exchange.query.integer("limit", in: 1...EventPage.maximumLimit, problems: &problems) ?? 100
        let isReverse = exchange.query.flag("reverse", problems: &problems) ?? false
        guard problems.isEmpty else { throw APIError.invalid(problems) }
        let role = exchange.principal.role
        let visible = (names ?? EventName.allCases).filter(exchange.principal.maySee)
        guard !visible.isEmpty else {
            throw APIError(.forbidden, "the role \(role) or its token may see none of these events")
        }
        let tenant = exchange.tenant
        let position = try await stored { () async throws(StoreError) in try await store.position(of: tenant) }
        // Of another log, or further than this one: its offsets mean nothing here.
        let isForeign = since.map { $0.epoch != position.epoch || $0.offset > position.offset } ?? false
        var page = EventPage(
            position: position, since: isForeign ? nil : since?.offset, isReverse: isReverse, limit: limit,
            names: Set(visible), principal: exchange.principal)
        while let window = page.window {
            let entries = try await stored { () async throws(StoreError) in
                try await store.events(after: window.after, tenant: tenant, limit: window.limit)
            }
            page.take(entries, of: window)
        }
        return .json(page.json(isReset: isForeign))
    }
}

/// One page of a tenant's log as it fills, window by window of the store.
struct EventPage {
    static let maximumLimit = 1_000
    /// Entries looked at for one page; a page of rare events may end with fewer than it may hold.
    static let maximumScan = 5_000
    /// A page ends with the event that passes it.
    static let maximumBytes = 4 << 20

    /// Entries of the log to read next.
    struct Window {
        var after: UInt64
        var limit: Int
    }

    private static let windowEntries: UInt64 = 256

    private let position: Scoring.StreamPosition
    private let isReverse: Bool
    private let limit: Int
    private let names: Set<EventName>
    private let principal: Principal
    private let isFromBeginning: Bool
    /// Forward: everything up to here was looked at. Reverse: everything from here on.
    private var cursor: UInt64
    private var scanned = 0
    private var bytes = 0
    private var events: [Publication] = []
    private var gap: ClosedRange<UInt64>?
    /// The page may not go on, though there is more.
    private var isEnded = false
    /// The end of the log, or in reverse its beginning, was reached.
    private var isComplete: Bool

    /// `since` is the place that the page follows: its events are newer, or in reverse older.
    init(
        position: Scoring.StreamPosition, since: UInt64?, isReverse: Bool, limit: Int, names: Set<EventName>,
        principal: Principal
    ) {
        self.position = position
        self.isReverse = isReverse
        self.limit = limit
        self.names = names
        self.principal = principal
        isFromBeginning = since == nil
        cursor = since ?? (isReverse ? position.offset + 1 : 0)
        isComplete = isReverse ? cursor <= 1 : cursor >= position.offset
    }

    /// Nil when the page is done.
    var window: Window? {
        guard !isComplete, !isEnded, events.count < limit, scanned < Self.maximumScan, bytes < Self.maximumBytes else {
            return nil
        }
        guard isReverse else { return Window(after: cursor, limit: Int(Self.windowEntries)) }
        let count = min(Self.windowEntries, cursor - 1)
        return Window(after: cursor - 1 - count, limit: Int(count))
    }

    /// What the store has of a window, oldest first.
    mutating func take(_ entries: [LoggedEvent], of window: Window) {
        if isReverse { takeReverse(entries, of: window) } else { takeForward(entries, of: window) }
    }

    private mutating func takeForward(_ entries: [LoggedEvent], of window: Window) {
        guard let first = entries.first?.offset else {
            // Nothing of what is left to read is kept any more.
            if cursor < position.offset, !isFromBeginning || scanned > 0 { gap = cursor + 1...position.offset }
            cursor = max(cursor, position.offset)
            isComplete = true
            return
        }
        if first > cursor + 1, !isFromBeginning || scanned > 0 {
            // The log lost its oldest part while it was read: the next page tells.
            guard scanned == 0 else {
                isEnded = true
                return
            }
            gap = cursor + 1...first - 1
        }
        for entry in entries where !isFull {
            cursor = entry.offset
            offer(entry)
        }
        isComplete = cursor >= position.offset
    }

    private mutating func takeReverse(_ entries: [LoggedEvent], of window: Window) {
        let older = entries.filter { $0.offset < cursor }
        for entry in older.reversed() where !isFull {
            cursor = entry.offset
            offer(entry)
        }
        // Offsets are dense: what the window lacks at its beginning is no longer kept.
        let hasBeginning = older.first.map { $0.offset > window.after + 1 } ?? true
        isComplete = cursor <= 1 || (hasBeginning && cursor == older.first?.offset) || older.isEmpty
    }

    private var isFull: Bool { events.count >= limit || bytes >= Self.maximumBytes }

    private mutating func offer(_ entry: LoggedEvent) {
        scanned += 1
        guard case .event(let committed) = entry, let publication = EventPublisher.publication(committed),
            names.contains(publication.name), publication.isVisible(to: principal)
        else { return }
        events.append(publication)
        bytes += publication.json.count
    }

    /// `{"epoch", "events", "next", "complete"}`, and `reset` and `gap` where they happened.
    func json(isReset: Bool) -> [UInt8] {
        var json = JSONWriter(reserving: bytes + 256)
        json.beginObject()
        json.member("epoch", position.epoch)
        json.key("events")
        json.beginArray()
        for event in events { json.raw(event.json) }
        json.endArray()
        json.member("next", isReverse && isComplete ? nil : "\(position.epoch):\(cursor)")
        json.member("complete", isComplete)
        if isReset { json.member("reset", true) }
        if let gap {
            json.key("gap")
            json.beginObject()
            json.member("from", gap.lowerBound)
            json.member("to", gap.upperBound)
            json.endObject()
        }
        json.endObject()
        return json.bytes
    }
}
