import NIOCore

/// One tenant's log as one loop knows it: where it stands, what of it is in memory, who reads it.
final class TenantStream {
    struct StateKey: Hashable {
        var name: EventName
        var key: String
    }

    /// How many things' newest states are remembered; others are not conflated.
    static let maximumStates = 4_096

    let tenant: String
    private(set) var epoch = ""
    /// The newest offset.
    private(set) var top: UInt64 = 0
    /// False until a publication or the history has told where the log stands.
    private(set) var isKnown = false
    private(set) var rings = [EventRing](repeating: EventRing(), count: EventName.count)
    private var newestState: [StateKey: UInt64] = [:]
    private(set) var groups: [SubscriptionGroup.Key: SubscriptionGroup] = [:]
    var figures = StreamFigures()
    /// Counts erasures, so that an answer of the history from before one is thrown away.
    private(set) var erasures = 0
    var isLocating = false
    /// What to do when the position is known, or can't be.
    var waiting: [(Bool) -> Void] = []

    init(tenant: String) {
        self.tenant = tenant
    }

    var position: StreamPosition { StreamPosition(epoch: epoch, offset: top) }
    var historyBytes: Int { rings.reduce(0) { $0 + $1.bytes } }

    func ring(_ name: EventName) -> EventRing { rings[name.index] }

    // MARK: The log

    /// Memory knows nothing at or below `offset` of this epoch.
    func begin(epoch: String, offset: UInt64) {
        self.epoch = epoch
        top = offset
        isKnown = true
        newestState = [:]
        for index in rings.indices { rings[index].reset(through: offset) }
    }

    /// Offsets up to here never arrived.
    func skip(through offset: UInt64) {
        top = offset
        for index in rings.indices { rings[index].forget(through: offset) }
    }

    func append(_ publication: Publication) {
        top = publication.offset
        rings[publication.name.index].append(publication)
        guard publication.name.isConflatable, let state = publication.stateKey else { return }
        let key = StateKey(name: publication.name, key: state)
        if newestState[key] != nil || newestState.count < Self.maximumStates { newestState[key] = top }
    }

    /// Whether a newer state of the same thing is in memory.
    func isOutdated(_ publication: Publication) -> Bool {
        guard publication.name.isConflatable, let state = publication.stateKey,
            let newest = newestState[StateKey(name: publication.name, key: state)]
        else { return false }
        return newest > publication.offset && ring(publication.name).evictedThrough < newest
    }

    func trim(_ name: EventName, _ configuration: HubConfiguration, at now: NIODeadline) {
        rings[name.index].trim(
            count: configuration.historyCount, bytes: configuration.historyBytes,
            publishedBefore: now - configuration.historyAge)
    }

    /// Halves the ring that holds most.
    func evictHalfOfLargestRing() {
        guard let largest = rings.indices.max(by: { rings[$0].bytes < rings[$1].bytes }) else { return }
        let target = rings[largest].bytes / 2
        while rings[largest].bytes > target { rings[largest].evictOldest() }
    }

    func erase(where matches: (Publication) -> Bool) {
        erasures += 1
        // The newest state of a thing may be gone: send older ones rather than nothing.
        newestState = [:]
        for index in rings.indices where rings[index].erase(where: matches) > 0 {}
    }

    // MARK: Readers

    func group(_ key: SubscriptionGroup.Key) -> SubscriptionGroup {
        if let group = groups[key] { return group }
        let group = SubscriptionGroup(key: key)
        groups[key] = group
        return group
    }

    func dropIfEmpty(_ group: SubscriptionGroup) {
        if group.members.isEmpty { groups[group.key] = nil }
    }

    /// Filters of this tenant's readers and of their tokens, each counted once; another tenant may use the same.
    ///
    /// - Complexity: one step a group and filter: a walk like that of a published event.
    var distinctFilters: Int {
        var entries: Set<FilterEntry> = []
        for key in groups.keys {
            for case let entry? in key.filters { entries.insert(entry) }
            if let mandatory = key.mandatory { entries.insert(mandatory) }
        }
        return entries.count
    }
}
