import NIOCore

/// One stream, as a value: what it knows, what it does next. It touches no socket and reads no clock: everything that
/// happens is told to it together with the time, and it answers with orders for the shell.
///
/// An attempt is one token, one socket, one subscription; whatever a shell reports of an earlier attempt is ignored.
struct StreamMachine {
    enum State: Equatable {
        /// → fetching, opening, ended
        case idle
        /// A token was asked for. → opening, waiting, ended
        case fetching
        /// TCP, TLS and the upgrade. → subscribing, waiting, ended
        case opening
        /// `subscribe` was sent. → live, waiting, ended
        case subscribing
        /// → waiting, ended
        case live(since: NIODeadline)
        /// → held, fetching, opening, ended
        case waiting(until: NIODeadline)
        /// It is time to come back, but the consumer still has to take what is there: nothing is fetched that can't be
        /// handed over, so the buffer stays bounded. → fetching, opening, ended
        case held
        /// Nothing follows.
        case ended
    }

    enum Action: Equatable {
        enum TokenUse { case handshake, refresh }

        /// Answer with `tokenFetched`.
        case fetchToken(TokenUse, attempt: Int)
        /// Answer with `opened` or `closed`.
        case open(attempt: Int, token: String?)
        case sendText([UInt8])
        /// A pong that nobody asked for: a sign of life (RFC 6455, section 5.5.3).
        case sendPong
        /// Say goodbye to the current connection, then cut it.
        case close(UInt16)
        /// Cut the current connection and forget its token.
        case drop
        case yield(LeadwireItem)
        /// No item follows.
        case finish
    }

    /// How a connection, or the attempt at one, ended.
    enum Closure: Equatable {
        case frame(code: UInt16, reason: String)
        case lost
        case unreachable
        case refused(status: Int, retryAfter: TimeAmount?)
        case violation(String)
        case transportSecurityMissing
    }

    /// Violations at the same place of the stream before it is given up: a message that can't be read would come again
    /// after every resume.
    static let maximumViolations = 3
    /// While the consumer is behind the socket is not read and so no ping answered: the server gets a pong on its own.
    static let pausedPong = TimeAmount.seconds(5)

    let names: [LeadwireEventName]
    let filter: LeadwireFilter?
    let configuration: LeadwireConfiguration
    let hasTokens: Bool

    var state = State.idle
    var attempt = 0
    /// Everything asked for up to here was yielded. Nil until the server has said where its log stands.
    var cursor: LeadwirePosition?
    /// The consumer takes more.
    var hasDemand = true
    /// In a row, since the last connection that settled.
    var failures = 0
    var violations = 0
    var duplicates = 0
    var wasUnauthorized = false
    private var backoff: Backoff
    private var orders: [Action] = []

    // Of the current attempt.
    private var handshakeEnd = NIODeadline.distantFuture
    private var lastHeard = NIODeadline.distantPast
    private var probedAt: NIODeadline?
    private var lastPong = NIODeadline.distantPast
    var refreshAt: NIODeadline?
    var isRefreshing = false
    var hasSince = false
    /// `going_away` was heard.
    var comeBackAfter: TimeAmount?
    var isGoneForGood = false

    init(
        names: [LeadwireEventName], filter: LeadwireFilter?, since: LeadwirePosition?, hasTokens: Bool,
        configuration: LeadwireConfiguration
    ) {
        self.names = names
        self.filter = filter
        self.configuration = configuration
        self.hasTokens = hasTokens
        cursor = since
        backoff = Backoff(
            first: TimeAmount(configuration.firstDelay), longest: TimeAmount(configuration.longestDelay),
            generator: configuration.randomness)
    }

    // MARK: What the shell asks

    /// When `tick` is due; nil while nothing can be late.
    var deadline: NIODeadline? {
        switch state {
        case .idle, .held, .ended: nil
        case .fetching, .opening, .subscribing: handshakeEnd
        case .waiting(let until): until
        case .live: min(refreshAt ?? .distantFuture, hasDemand ? silenceEnd : lastPong + Self.pausedPong)
        }
    }

    /// Whether the socket is read. The handshake is always read to its end.
    var wantsBytes: Bool {
        if case .live = state { hasDemand } else { true }
    }

    private var silence: TimeAmount { TimeAmount(configuration.silence) }

    private var silenceEnd: NIODeadline {
        let half = TimeAmount.nanoseconds(silence.nanoseconds / 2)
        // A process that stood still asks late, and the peer has its time to answer from then on.
        return probedAt.map { max(lastHeard + silence, $0 + half) } ?? lastHeard + half
    }

    // MARK: What the shell tells

    mutating func start(at now: NIODeadline) -> [Action] {
        guard state == .idle else { return [] }
        begin(at: now)
        return takeOrders()
    }

    /// The consumer has room again, or has none.
    mutating func demandChanged(_ hasDemand: Bool, at now: NIODeadline) -> [Action] {
        guard hasDemand != self.hasDemand else { return [] }
        self.hasDemand = hasDemand
        // What was not read says nothing about the connection.
        heardNow(at: now)
        lastPong = now
        if hasDemand, state == .held { begin(at: now) }
        return takeOrders()
    }

    /// The consumer is gone.
    mutating func stop() -> [Action] {
        guard state != .ended else { return [] }
        order(hasConnection ? .close(1000) : .drop)
        state = .ended
        return takeOrders()
    }

    mutating func tokenFetched(
        _ token: String?, for use: Action.TokenUse, attempt: Int, at now: NIODeadline
    ) -> [Action] {
        guard attempt == self.attempt else { return [] }
        switch (use, state) {
        case (.handshake, .fetching):
            guard let token else {
                interrupt(.tokenUnavailable, at: now)
                break
            }
            guard Self.isValid(token) else {
                end(.invalidToken)
                break
            }
            state = .opening
            order(.open(attempt: attempt, token: token))
        case (.refresh, .live):
            guard let token else {
                refreshFailed("the token closure threw", at: now)
                break
            }
            order(.sendText(ClientMessage.refresh(token: token, id: refreshID)))
        default: break
        }
        return takeOrders()
    }

    /// The upgrade is done.
    mutating func opened(attempt: Int, at now: NIODeadline) -> [Action] {
        guard attempt == self.attempt, state == .opening else { return [] }
        state = .subscribing
        heardNow(at: now)
        hasSince = cursor != nil
        order(.sendText(ClientMessage.subscribe(names, filter: filter, since: cursor, id: subscribeID)))
        return takeOrders()
    }

    /// Bytes came, whatever they mean.
    mutating func heard(attempt: Int, at now: NIODeadline) {
        if attempt == self.attempt { heardNow(at: now) }
    }

    mutating func received(_ message: [UInt8], attempt: Int, at now: NIODeadline) -> [Action] {
        guard attempt == self.attempt, hasConnection else { return [] }
        heardNow(at: now)
        do {
            take(
                try ServerMessage(message, limit: configuration.maximumMessageBytes, epoch: cursor?.epoch), at: now)
        } catch {
            violate(error.text, at: now)
        }
        return takeOrders()
    }

    mutating func closed(_ closure: Closure, attempt: Int, at now: NIODeadline) -> [Action] {
        guard attempt == self.attempt, hasConnection || state == .opening else { return [] }
        switch closure {
        case .frame(let code, let reason):
            if !CloseClass.allowsReconnect(code) {
                end(.closed(code: Int(code), reason: reason))
            } else {
                interrupt(.closed(code: Int(code), reason: reason), at: now)
            }
        case .lost: interrupt(.lost, at: now)
        case .unreachable: interrupt(.unreachable, at: now)
        case .violation(let text): violate(text, at: now)
        case .transportSecurityMissing: end(.transportSecurityMissing)
        case .refused(let status, let retryAfter):
            // A token may run out between its making and its use; a second refusal is meant.
            if status == 401, hasTokens, !wasUnauthorized {
                wasUnauthorized = true
                interrupt(.status(status), at: now)
            } else if CloseClass.allowsRetry(status: status) {
                interrupt(.status(status), atLeast: retryAfter, at: now)
            } else {
                end(.status(status))
            }
        }
        return takeOrders()
    }

    /// A deadline has come; called too early it does nothing.
    mutating func tick(at now: NIODeadline) -> [Action] {
        guard let deadline, now >= deadline else { return [] }
        switch state {
        case .idle, .held, .ended: break
        case .fetching: interrupt(.tokenUnavailable, at: now)
        case .opening, .subscribing: interrupt(.unreachable, at: now)
        case .waiting: if hasDemand { begin(at: now) } else { state = .held }
        case .live: tickLive(at: now)
        }
        return takeOrders()
    }

    private mutating func tickLive(at now: NIODeadline) {
        if let refreshAt, now >= refreshAt { fetchRefresh() }
        if !hasDemand {
            guard now >= lastPong + Self.pausedPong else { return }
            lastPong = now
            order(.sendPong)
        } else if now >= silenceEnd {
            if probedAt != nil { return interrupt(.silent, at: now) }
            probedAt = now
            order(.sendText(ClientMessage.ping))
        }
    }

    // MARK: Transitions

    var hasConnection: Bool {
        switch state {
        case .subscribing, .live: true
        default: false
        }
    }

    var subscribeID: String { "subscribe-\(attempt)" }
    var refreshID: String { "refresh-\(attempt)" }

    private mutating func begin(at now: NIODeadline) {
        attempt += 1
        handshakeEnd = now + TimeAmount(configuration.handshakeDeadline)
        refreshAt = nil
        isRefreshing = false
        probedAt = nil
        comeBackAfter = nil
        order(.yield(.state(.connecting(failures: failures))))
        if hasTokens {
            state = .fetching
            order(.fetchToken(.handshake, attempt: attempt))
        } else {
            state = .opening
            order(.open(attempt: attempt, token: nil))
        }
    }

    /// The attempt is over, another one follows.
    mutating func interrupt(
        _ reason: LeadwireInterruption, atLeast requested: TimeAmount? = nil, at now: NIODeadline
    ) {
        if isGoneForGood { return end(.goneAway) }
        order(.drop)
        if case .live(let since) = state, now - since >= TimeAmount(configuration.settledAfter) { failures = 0 }
        let longest = TimeAmount(configuration.longestRequestedDelay)
        var delay = backoff.delay(afterFailures: failures)
        if let comeBackAfter {
            delay = min(comeBackAfter, longest)
        } else if let requested {
            // Everybody was told the same number, so the jitter comes on top.
            delay = min(requested, longest) + delay
        }
        failures += 1
        state = .waiting(until: now + delay)
        order(.yield(.state(.waiting(delay: Duration(delay), because: reason))))
    }

    mutating func end(_ reason: LeadwireEnd) {
        order(.drop)
        state = .ended
        order(.yield(.state(.ended(reason))))
        order(.finish)
    }

    mutating func violate(_ text: String, at now: NIODeadline) {
        violations += 1
        if hasConnection { order(.close(1002)) }
        if violations >= Self.maximumViolations { end(.violation(text)) } else { interrupt(.violation(text), at: now) }
    }

    mutating func becomeLive(at now: NIODeadline) {
        state = .live(since: now)
        lastPong = now
        wasUnauthorized = false
    }

    mutating func fetchRefresh() {
        refreshAt = nil
        guard hasTokens, !isRefreshing else { return }
        isRefreshing = true
        order(.fetchToken(.refresh, attempt: attempt))
    }

    mutating func refreshFailed(_ reason: String, at now: NIODeadline) {
        isRefreshing = false
        refreshAt = now + TimeAmount(configuration.refreshRetry)
        order(.yield(.state(.refreshFailed(reason: reason))))
    }

    private mutating func heardNow(at now: NIODeadline) {
        lastHeard = now
        probedAt = nil
    }

    mutating func order(_ action: Action) { orders.append(action) }

    private mutating func takeOrders() -> [Action] {
        defer { orders = [] }
        return orders
    }

    /// What may stand in a header after `Bearer `: RFC 6750 allows less, but no space or control character ever.
    static func isValid(_ token: String) -> Bool {
        !token.isEmpty && token.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}
