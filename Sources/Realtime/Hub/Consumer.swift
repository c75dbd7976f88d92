import NIOCore

/// One reader: who it is, what it wants, where it stands. Confined to its loop.
final class Consumer {
    // What a delivery touches comes first and lies together: with thousands of readers every line of it is cold.
    /// Nil while live: then everything up to the stream's top was written.
    var catchUp: CatchUp?
    private(set) var sink: (any SubscriberSink)?
    var messagesOut: UInt64 = 0
    var bytesOut: UInt64 = 0

    let number: UInt64
    let principalAtEntry: Principal
    /// Changes when a token is refreshed.
    var principal: Principal
    let address: String
    let connectedAt: NIODeadline
    let stream: TenantStream
    /// Kept alive by its readers, should the hub be let go before its channels are closed.
    let shard: Shard

    private var hasLeft = false
    /// Told to end, and not gone yet.
    private(set) var isClosing = false

    /// Nil until the first message: nothing is sent before it.
    var group: SubscriptionGroup?
    var groupIndex = 0
    /// Since when the channel takes nothing more; nil while it does.
    var unwritableSince: NIODeadline?

    /// From its entry into the shard's lists until it leaves them.
    var isListed = false
    // Places in the shard's lists; -1 for not there.
    var wheelSlot = 0
    var wheelIndex = -1
    var watchIndex = -1
    var expiryIndex = -1
    var hasWarnedOfExpiry = false

    private(set) var messagesIn: UInt64 = 0
    private(set) var bytesIn: UInt64 = 0
    private(set) var lastInbound: NIODeadline
    var lastPing: NIODeadline?
    private(set) var roundTrip: TimeAmount?
    /// The count of messages when a half-received one was first seen, and when.
    var partial: (messages: UInt64, since: NIODeadline)?

    private var commands: TokenBucket
    private var errors: TokenBucket
    /// Set while a subscription waits for the history; what comes meanwhile keeps its order.
    private var isParked = false
    private var parked: [Request] = []

    init(shard: Shard, number: UInt64, principal: Principal, address: String) {
        let now = shard.loop.now
        let configuration = shard.configuration
        self.shard = shard
        self.number = number
        self.principal = principal
        principalAtEntry = principal
        self.address = address
        stream = shard.stream(of: principal.tenant)
        connectedAt = now
        lastInbound = now
        commands = TokenBucket(
            perSecond: configuration.commandsPerSecond, burst: configuration.commandBurst, now: now)
        errors = TokenBucket(perSecond: 1, burst: configuration.errorBurst, now: now)
    }

    var id: String { ConnectionID.text(number, node: shard.configuration.node) }
    var subscriptions: EventSet { group?.key.events ?? [] }
    var isLive: Bool { catchUp == nil }

    /// Writes frames that hold so many messages.
    func send(_ bytes: ByteBuffer, messages: Int) {
        guard let sink else { return }
        messagesOut += UInt64(messages)
        bytesOut += UInt64(bytes.readableBytes)
        sink.write(bytes)
    }

    /// One message of the server.
    func send(_ message: ServerMessage) {
        guard let sink else { return }
        var buffer = ByteBufferAllocator().buffer(capacity: message.json.count + 96)
        sink.transport.append(message, to: &buffer)
        stream.figures.messagesSent += 1
        stream.figures.volume.bytesOut += UInt64(buffer.readableBytes)
        send(buffer, messages: 1)
    }

    /// The transport is there; from now on the reader is one of its shard.
    func attach(_ sink: any SubscriberSink) {
        self.sink = sink
        shard.add(self)
    }

    func close(_ code: CloseCode, deadline: TimeAmount? = nil) {
        isClosing = true
        sink?.close(code, deadline: deadline)
    }

    func abort() { sink?.abort() }
}

// MARK: What the transport tells

extension Consumer: WebSocketSession {
    func opened(by connection: WebSocketHandler) { attach(connection) }

    func received(_ message: [UInt8], isText: Bool) {
        let now = shard.loop.now
        messagesIn += 1
        stream.figures.messagesReceived += 1
        stream.figures.volume.received += 1
        if group == nil { shard.regroup(self, events: [], filters: []) }
        guard commands.take(at: now) else {
            refuse(CommandError(code: .rateLimited, message: "too many messages a second"), id: nil, at: now)
            return
        }
        guard isText else {
            refuse(CommandError(code: .invalidMessage, message: "messages are text frames"), id: nil, at: now)
            return
        }
        let request = Request(message)
        switch request.command {
        case .failure(let error): refuse(error, id: request.id, at: now)
        case .success(.ping), .success(.heartbeat): perform(request)
        case .success where isParked:
            guard parked.count < Int(shard.configuration.commandBurst) else {
                refuse(
                    CommandError(code: .busy, message: "earlier messages are still at work"), id: request.id, at: now)
                return
            }
            parked.append(request)
        case .success: perform(request)
        }
    }

    func receivedPong(_ payload: [UInt8]) {
        guard payload.count == 8, lastPing != nil else { return }
        let sent = payload.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let elapsed = shard.loop.now - NIODeadline.uptimeNanoseconds(sent & UInt64(Int64.max))
        // A number that we didn't send can't be told from one that we did, but it can't be in the future or long ago.
        guard (0...TimeAmount.minutes(10).nanoseconds).contains(elapsed.nanoseconds) else { return }
        roundTrip = elapsed
        stream.figures.pingRoundTrip.record(elapsed.nanoseconds)
    }

    func receivedBytes(_ count: Int) {
        bytesIn += UInt64(count)
        lastInbound = shard.loop.now
    }

    func writabilityChanged(_ isWritable: Bool) {
        unwritableSince = isWritable ? nil : shard.loop.now
        if isWritable { shard.catchUp(self) }
        shard.watchIfNeeded(self)
    }

    func shouldQuiesce() { shard.quiesce(self) }

    func closed(closeNumber: UInt16?) {
        guard !hasLeft else { return }
        hasLeft = true
        shard.remove(self, closeNumber: closeNumber)
        sink = nil
        parked = []
    }

    // MARK: Commands

    /// An error answer; too many of them end the connection, and so does one where nothing else can be asked.
    func refuse(_ error: CommandError, id: [UInt8]?, at now: NIODeadline) {
        stream.figures.errors += 1
        guard sink?.transport.takesCommands == true else {
            send(ServerMessage.error(error, id: id))
            close(.subscriptionFailed)
            return
        }
        guard errors.take(at: now) else {
            close(error.code == .rateLimited ? .rateLimited : .tooManyErrors)
            return
        }
        send(ServerMessage.error(error, id: id))
    }

    /// From here on requests wait, until `unpark`.
    func park() { isParked = true }

    func unpark() {
        isParked = false
        while !isParked, !parked.isEmpty { perform(parked.removeFirst()) }
    }

    private func perform(_ request: Request) {
        guard case .success(let command) = request.command else { return }
        shard.perform(command, id: request.id, for: self)
    }
}

@available(*, unavailable)
extension Consumer: Sendable {}

/// `n1-42`: the node's word and a number that is never used again while the process lives.
enum ConnectionID {
    static func text(_ number: UInt64, node: String) -> String { "\(node)-\(number)" }

    static func number(_ text: String, node: String) -> UInt64? {
        guard text.hasPrefix(node + "-") else { return nil }
        return UInt64(text.dropFirst(node.count + 1))
    }
}
