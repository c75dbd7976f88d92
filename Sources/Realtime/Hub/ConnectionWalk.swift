/// What one turn of a loop told of its connections.
struct ConnectionSlice: Sendable {
    var found: [ConnectionInfo]
    /// The number to go on after; nil behind the last connection.
    var next: UInt64?
}

/// An administrator's way through one loop's connections, in order of their number: a few in a turn of the loop, and none
/// fetched that the page does not need.
struct ConnectionWalk {
    /// Connections that a loop looks at in one turn, whether or not they are asked for.
    static let lookedAtInATurn = 64

    private let mailbox: ShardMailbox
    private var found: ArraySlice<ConnectionInfo> = []
    /// Nil behind the last connection.
    private var next: UInt64?

    init(_ mailbox: ShardMailbox, after: UInt64) {
        self.mailbox = mailbox
        next = after
    }

    /// Of the next connection, once ``fetch(_:)`` has returned; nil when there is none.
    var number: UInt64? { found.first?.number }

    /// Asks the loop until there is a next connection, or none at all.
    mutating func fetch(_ query: ConnectionQuery) async {
        while found.isEmpty, let after = next {
            let slice = await mailbox.ask { $0.connections(query, after: after) }
            found = (slice?.found ?? [])[...]
            next = slice?.next
        }
    }

    mutating func take() -> ConnectionInfo { found.removeFirst() }
}
