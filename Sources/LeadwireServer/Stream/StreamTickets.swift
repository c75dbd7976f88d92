import Leads
import NIOConcurrencyHelpers
import NIOCore
import Realtime

/// Tickets for the event stream: a browser's `EventSource` can send no header, and a token in a URL ends up in logs, so
/// the page asks for a ticket with its token and puts that into the URL. It is good once and for thirty seconds, and
/// lets in whom the token named: user, role, tenant, and no longer than the token.
final class StreamTickets: Sendable {
    static let lifetimeMilliseconds: Int64 = 30_000
    /// Given and not yet used, of everybody.
    static let maximumCount = 10_000
    /// Of one user, so that nobody can use up the others' room.
    static let maximumCountPerUser = 100

    private struct UserKey: Hashable {
        var tenant: String
        var user: String
    }

    private struct Holding {
        var holder: Principal
        /// It is used up somewhere else; here it only counts.
        var isElsewhere = false
    }

    private struct State {
        var holders: [String: Holding] = [:]
        var counts: [UserKey: Int] = [:]
        /// In the order of their making, which is that of their end; used ones are still among them.
        var queue = CircularBuffer<(ticket: String, ends: Int64)>()
    }

    private let clock: any WallClock
    private let state = NIOLockedValueBox(State())

    init(clock: any WallClock) {
        self.clock = clock
    }

    /// A new ticket of 256 random bits, and when it ends.
    ///
    /// - Throws: 429 when the user, or 503 when everybody together, holds too many unused ones.
    func make(for holder: Principal) throws(APIError) -> (ticket: String, expiresAt: Timestamp) {
        let now = clock.now.milliseconds
        // The system's generator: cryptographically secure.
        let ticket = RequestID.make() + RequestID.make()
        let ends = now + Self.lifetimeMilliseconds
        let key = UserKey(tenant: holder.tenant, user: holder.user)
        let refusal: ErrorCode? = state.withLockedValue { state in
            Self.forget(endedAt: now, &state)
            if state.counts[key] ?? 0 >= Self.maximumCountPerUser { return .rateLimited }
            if state.queue.count >= Self.maximumCount { return .overloaded }
            state.holders[ticket] = Holding(holder: holder)
            state.counts[key, default: 0] += 1
            state.queue.append((ticket, ends))
            return nil
        }
        if let refusal { throw APIError(refusal, "too many tickets wait to be used; each ends after 30 seconds") }
        return (ticket, Timestamp(milliseconds: ends))
    }

    /// Who holds the ticket, which is then used up.
    ///
    /// - Throws: 401 for one that was never given, was used, or has ended; nobody learns which.
    func use(_ ticket: String) throws(APIError) -> Principal {
        let now = clock.now.milliseconds
        let holder: Principal? = state.withLockedValue { state in
            Self.forget(endedAt: now, &state)
            guard state.holders[ticket]?.isElsewhere == false else { return nil }
            return Self.take(ticket, &state)
        }
        guard let holder, holder.expiresAt.map({ now < $0 }) ?? true else {
            throw APIError(.unauthorized, "not a ticket that is good now: each is good once, for 30 seconds")
        }
        return holder
    }

    /// The ticket is used up where all nodes look, and no longer here.
    func handOver(_ ticket: String) {
        state.withLockedValue { $0.holders[ticket]?.isElsewhere = true }
    }

    /// The `ticket` of a request for the event stream; nil for every other request.
    static func ticket(inTarget target: String) -> String? {
        guard let question = target.firstIndex(of: "?"), target[..<question] == API.eventsPath else { return nil }
        return QueryParameters(target[target.index(after: question)...])["ticket"]
    }

    private static func forget(endedAt now: Int64, _ state: inout State) {
        while let oldest = state.queue.first, oldest.ends <= now {
            state.queue.removeFirst()
            _ = take(oldest.ticket, &state)
        }
    }

    private static func take(_ ticket: String, _ state: inout State) -> Principal? {
        guard let holder = state.holders.removeValue(forKey: ticket)?.holder else { return nil }
        let key = UserKey(tenant: holder.tenant, user: holder.user)
        let left = (state.counts[key] ?? 1) - 1
        state.counts[key] = left > 0 ? left : nil
        return holder
    }
}
