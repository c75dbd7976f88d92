/// Connections of one tenant and loop that want exactly the same, so that it is decided once for all of them.
final class SubscriptionGroup {
    struct Key: Hashable {
        var transport: Transport
        var role: Role
        /// What role and token let through, subscribed or not.
        var allowed: EventSet
        /// The principal's own filter: joined to everything by and, a broadcast to everyone included.
        var mandatory: FilterEntry?
        var events: EventSet
        /// By the event's index; nil for no filter. Empty when there is none at all.
        var filters: [FilterEntry?]
    }

    let key: Key
    /// Changes only through `join` and `leave`.
    private(set) var members: [Consumer] = []

    init(key: Key) {
        self.key = key
    }

    func filter(of name: EventName) -> FilterEntry? { key.filters.isEmpty ? nil : key.filters[name.index] }

    func join(_ consumer: Consumer) {
        consumer.group = self
        consumer.groupIndex = members.count
        members.append(consumer)
    }

    func leave(_ consumer: Consumer) {
        let index = consumer.groupIndex
        members.swapAt(index, members.count - 1)
        members[index].groupIndex = index
        members.removeLast()
        consumer.group = nil
    }

    /// Roles first: neither a subscription nor an audience gets past them. `passes` is asked only when it decides.
    func wants(_ publication: Publication, passes: (FilterEntry) -> Bool) -> Bool {
        guard key.allowed.contains(publication.name), publication.audience.roles?.contains(key.role) ?? true
        else { return false }
        if !publication.audience.reachesEveryone {
            guard key.events.contains(publication.name), filter(of: publication.name).map(passes) ?? true
            else { return false }
        }
        return key.mandatory.map(passes) ?? true
    }
}
