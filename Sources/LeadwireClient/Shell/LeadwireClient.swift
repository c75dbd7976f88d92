import NIOCore
import NIOPosix

/// A client of Leadwire's stream.
///
/// ```swift
/// let client = try LeadwireClient(url: "ws://127.0.0.1:8000", token: { try await login.token() })
/// for await item in client.events(.leadScored, filter: .gte("ml_score", 70), since: saved) {
///     switch item {
///     case .event(let event): show(event.score); saved = event.position ?? saved
///     case .gap, .reset: reload()
///     case .state(let state): log(state)
///     }
/// }
/// ```
///
/// Each iteration of a stream is one connection, owned by its iterator: it begins with the iteration and ends with it,
/// by `break`, by cancellation of the task, or by a last ``LeadwireState/ended(_:)``. There is nothing to run beside it
/// and nothing to close. One connection a stream, because on the wire a filter belongs to a connection's event names,
/// and a consumer that is behind stops the reading of its own socket only.
public struct LeadwireClient: Sendable {
    /// Fetches a token; called before every connection, and again when the server says that the token runs out.
    /// Throwing means "not now": the client tries again after its back-off.
    public typealias TokenSource = @Sendable () async throws -> String

    let address: ServerAddress
    let token: TokenSource?
    let configuration: LeadwireConfiguration

    /// Nothing is opened yet.
    ///
    /// - Parameters:
    ///   - url: `ws`, `wss`, `http` or `https`; without a path the stream's own.
    ///   - token: nil for an anonymous caller (local mode). It is sent as `Authorization: Bearer …`, never in the URL.
    ///   - configuration: times and limits.
    /// - Throws: ``LeadwireURLError``.
    public init(
        url: String, token: TokenSource? = nil, configuration: LeadwireConfiguration = LeadwireConfiguration()
    ) throws(LeadwireURLError) {
        address = try ServerAddress(url)
        self.token = token
        self.configuration = configuration
    }

    /// The events of these names that pass the filter. `since` is a position from an earlier event: what was missed is
    /// replayed first, or announced as lost; nil means from now on.
    public func events(
        _ names: LeadwireEventName..., filter: LeadwireFilter? = nil, since: LeadwirePosition? = nil
    ) -> LeadwireEvents {
        events(names, filter: filter, since: since)
    }

    /// The same for a list. No names at all means ``LeadwireEventName/everything``.
    public func events(
        _ names: [LeadwireEventName], filter: LeadwireFilter? = nil, since: LeadwirePosition? = nil
    ) -> LeadwireEvents {
        LeadwireEvents(client: self, names: names.isEmpty ? [.everything] : names, filter: filter, since: since)
    }
}

/// A subscription that has not begun: see ``LeadwireClient``. Every iteration opens a connection of its own.
public struct LeadwireEvents: AsyncSequence, Sendable {
    public typealias Element = LeadwireItem
    public typealias Failure = Never

    let client: LeadwireClient
    let names: [LeadwireEventName]
    let filter: LeadwireFilter?
    let since: LeadwirePosition?

    /// Opens the connection.
    public func makeAsyncIterator() -> AsyncIterator {
        let machine = StreamMachine(
            names: names, filter: filter, since: since, hasTokens: client.token != nil,
            configuration: client.configuration)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        return AsyncIterator(StreamSession.start(machine, address: client.address, token: client.token, on: loop))
    }

    /// For one task at a time.
    public struct AsyncIterator: AsyncIteratorProtocol {
        /// Ends the stream with the last copy of the iterator.
        private final class Owner: Sendable {
            let items: ItemBuffer

            init(_ items: ItemBuffer) { self.items = items }
            deinit { items.abandon() }
        }

        private let owner: Owner

        init(_ items: ItemBuffer) { owner = Owner(items) }

        /// The next item; nil once the stream has ended or the task was cancelled, and then always.
        public mutating func next() async -> LeadwireItem? { await owner.items.next() }

        /// The same, on the caller's actor.
        public mutating func next(isolation actor: isolated (any Actor)?) async -> LeadwireItem? {
            await owner.items.next()
        }
    }
}
