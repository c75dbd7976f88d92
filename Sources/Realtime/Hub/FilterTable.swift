import JSONBytes

/// One distinct filter of a loop, however many connections use it, with what it said about the events of this turn.
final class FilterEntry: Hashable {
    let filter: Filter
    fileprivate(set) var users = 0
    fileprivate var turn: UInt64 = 0
    fileprivate var known: UInt64 = 0
    fileprivate var passed: UInt64 = 0

    fileprivate init(_ filter: Filter) {
        self.filter = filter
    }

    // Hash-consed: equal filters are the same entry.
    static func == (left: FilterEntry, right: FilterEntry) -> Bool { left === right }
    func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

/// All filters of a loop, hash-consed, and the parsed events of the turn: each distinct filter sees each event once,
/// and each event is parsed once, when the first filter asks.
final class FilterTable {
    private var entries: [Filter: FilterEntry] = [:]
    private var turn: UInt64 = 0
    private var documents: [JSONDocument?] = []
    private var parsed: UInt64 = 0

    var count: Int { entries.count }

    /// The entry of a filter; nil when the table is full.
    func retain(_ filter: Filter, limit: Int) -> FilterEntry? {
        if let entry = entries[filter] {
            entry.users += 1
            return entry
        }
        guard entries.count < limit else { return nil }
        let entry = FilterEntry(filter)
        entry.users = 1
        entries[filter] = entry
        return entry
    }

    func retain(_ entry: FilterEntry) { entry.users += 1 }

    func release(_ entry: FilterEntry) {
        entry.users -= 1
        if entry.users == 0 { entries[entry.filter] = nil }
    }

    /// A new set of events, at most 64, that are spoken of by position.
    func beginTurn(count: Int) {
        turn &+= 1
        parsed = 0
        documents.removeAll(keepingCapacity: true)
        documents.append(contentsOf: repeatElement(nil, count: count))
    }

    func passes(_ entry: FilterEntry, _ publication: Publication, at position: Int) -> Bool {
        if entry.turn != turn { (entry.turn, entry.known, entry.passed) = (turn, 0, 0) }
        let bit: UInt64 = 1 << UInt64(position)
        if entry.known & bit == 0 {
            entry.known |= bit
            if parsed & bit == 0 {
                parsed |= bit
                documents[position] = publication.parsedData()
            }
            if let root = documents[position]?.root, entry.filter.matches(root) { entry.passed |= bit }
        }
        return entry.passed & bit != 0
    }

    /// Outside of a turn: a replay.
    func passes(_ entry: FilterEntry, _ publication: Publication) -> Bool {
        publication.passes(entry.filter)
    }
}

extension Publication {
    func passes(_ filter: Filter) -> Bool {
        guard let document = parsedData() else { return false }
        return filter.matches(document.root)
    }

    /// Nil for data that is no JSON, which no filter passes.
    func parsedData() -> JSONDocument? {
        try? JSONDocument(parsing: Array(frame[data]), limits: JSONLimits(maximumDepth: 32, maximumBytes: 8 << 20))
    }
}
