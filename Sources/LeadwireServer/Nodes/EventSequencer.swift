import Scoring

/// One tenant's committed events from this node's store and from other nodes, brought into the order of their offsets.
///
/// A node's own events come at once, the others' a little later or not at all: what comes too early is held until the
/// hole before it is filled. Pure: who fills the hole, and when, is the relay's business.
struct EventSequencer {
    /// Held events; one more is left for the reading that fills the hole.
    static let maximumHeld = 4_096

    private(set) var epoch: String
    /// The newest offset that was given out.
    private(set) var last: UInt64
    private var held: [UInt64: CommittedEvent] = [:]
    /// True when something came that only the store can explain: an event too early, or one of another epoch.
    private(set) var mustRead = false

    init(_ position: StreamPosition) {
        epoch = position.epoch
        last = position.offset
    }

    var isHolding: Bool { !held.isEmpty }

    /// Events that this node's store has just committed, in order. The store's epoch is the one that counts.
    mutating func take(committed events: [CommittedEvent]) -> [CommittedEvent] {
        var ready: [CommittedEvent] = []
        for event in events {
            if event.epoch != epoch { begin(event.epoch, after: event.offset - min(1, event.offset)) }
            take(event, &ready)
        }
        return ready
    }

    /// Events as another node passed them on. One of another epoch is not believed before the store has been read.
    mutating func take(relayed events: [CommittedEvent]) -> [CommittedEvent] {
        var ready: [CommittedEvent] = []
        for event in events {
            guard event.epoch == epoch else {
                mustRead = true
                continue
            }
            take(event, &ready)
        }
        return ready
    }

    /// What the store's log holds after ``last``, in order. What it no longer holds is stepped over, and so are erased
    /// events: the hub sees the hole and asks the history itself.
    mutating func take(logged: [LoggedEvent]) -> [CommittedEvent] {
        var ready: [CommittedEvent] = []
        for entry in logged {
            if case .event(let event) = entry, event.epoch != epoch { begin(event.epoch, after: 0) }
            guard entry.offset > last else { continue }
            last = entry.offset
            if case .event(let event) = entry { ready.append(event) }
        }
        held = held.filter { $0.key > last }
        giveOutHeld(&ready)
        mustRead = isHolding
        return ready
    }

    /// The store's log has another epoch: nothing that was known counts any more.
    mutating func begin(_ epoch: String, after offset: UInt64) {
        self.epoch = epoch
        last = offset
        held = [:]
        mustRead = false
    }

    private mutating func take(_ event: CommittedEvent, _ ready: inout [CommittedEvent]) {
        guard event.offset > last else { return }
        if event.offset == last + 1 {
            last = event.offset
            ready.append(event)
            giveOutHeld(&ready)
            if !isHolding { mustRead = false }
        } else {
            mustRead = true
            if held.count < Self.maximumHeld { held[event.offset] = event }
        }
    }

    private mutating func giveOutHeld(_ ready: inout [CommittedEvent]) {
        while let next = held.removeValue(forKey: last + 1) {
            last += 1
            ready.append(next)
        }
    }
}
