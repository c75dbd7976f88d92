import JSONBytes

/// What the client of an event stream asks for, once and at the start.
public struct EventStreamRequest: Sendable {
    public static let maximumFilterBytes = 16 << 10

    /// Why a filter was not taken; the text names places and operators, never values.
    public struct InvalidFilter: Error, Sendable {
        public let problem: String
    }

    let subscription: SubscribeRequest

    /// - Parameters:
    ///   - events: nil for everything that the reader's role may see.
    ///   - filter: the JSON text of a filter tree, as in `subscribe`.
    ///   - since: the place of the last event that the client has; nil to begin with the next one.
    /// - Throws: ``InvalidFilter`` for a text that is no filter, or one over its limits.
    public init(
        events: [EventName]?, filter: String?, since: (epoch: String, offset: UInt64)?
    ) throws(InvalidFilter) {
        var selection = EventSelection(events: EventSet(events ?? []))
        selection.isEverything = events == nil
        subscription = SubscribeRequest(
            selection: selection, filter: try filter.map(Self.filter),
            since: since.map { StreamPosition(epoch: $0.epoch, offset: $0.offset) })
    }

    /// Whether a reader of this role would get anything of it.
    public func isAllowed(for role: Role) -> Bool {
        subscription.selection.isEverything || !subscription.selection.events.isDisjoint(with: role.events)
    }

    /// The same for a reader whose token may narrow its role.
    public func isAllowed(for principal: Principal) -> Bool {
        subscription.selection.isEverything
            || !subscription.selection.events.isDisjoint(with: principal.allowedEvents)
    }

    private static func filter(_ text: String) throws(InvalidFilter) -> Filter {
        guard text.utf8.count <= maximumFilterBytes, let document = try? JSONDocument(parsing: Array(text.utf8)) else {
            throw InvalidFilter(problem: "must be the JSON of a filter, at most \(maximumFilterBytes) bytes")
        }
        do {
            return try FilterReader.filter(from: document.root)
        } catch {
            throw InvalidFilter(problem: error.message)
        }
    }
}
