import JSONBytes
import NIOCore

/// A connection whose client has yet to say who it is: its first message must be `auth` with a token. Until then it is of
/// no tenant, and nothing but an error or a close code is sent. Confined to its loop.
///
/// What comes while the token is checked waits in order, within bounds, and is carried out afterwards.
final class PendingSession: WebSocketSession {
    /// What may wait while a token is checked.
    private static let maximumWaiting = 16
    private static let maximumWaitingBytes = 32 << 10

    private let hub: Hub
    private let refresher: any TokenRefresher
    private let remoteAddress: SocketAddress?
    private let loop: any EventLoop
    private weak var connection: WebSocketHandler?
    private var deadline: Scheduled<Void>?
    private var errors: TokenBucket
    private var isChecking = false
    private var waiting: [(message: [UInt8], isText: Bool)] = []
    private var waitingBytes = 0
    private var hasLeft = false

    /// - Throws: ``HubRefusal`` when there are enough connections, or enough unknown ones.
    init(
        hub: Hub, refresher: any TokenRefresher, remoteAddress: SocketAddress?, loop: any EventLoop
    ) throws(HubRefusal) {
        try hub.admission.enterPending(address: Admission.address(of: remoteAddress))
        self.hub = hub
        self.refresher = refresher
        self.remoteAddress = remoteAddress
        self.loop = loop
        errors = TokenBucket(perSecond: 1, burst: hub.configuration.errorBurst, now: loop.now)
    }

    func opened(by connection: WebSocketHandler) {
        self.connection = connection
        // The handler lives on this loop, and so does its session.
        deadline = loop.assumeIsolated().scheduleTask(in: hub.configuration.authenticationTime) { [weak connection] in
            connection?.close(.authenticationTimeout, deadline: nil)
        }
    }

    func received(_ message: [UInt8], isText: Bool) {
        if isChecking { return keep(message, isText: isText) }
        let request = isText ? Request(message) : nil
        switch request?.command {
        case .success(.authenticate(let token)): check(token, id: request?.id)
        case .failure(let error): refuse(error, id: request?.id)
        case .success, nil:
            let error = CommandError(
                code: .unauthenticated, message: "the first message must be {\"type\": \"auth\", \"token\": …}")
            refuse(error, id: request?.id)
        }
    }

    func receivedPong(_ payload: [UInt8]) {}
    func receivedBytes(_ count: Int) {}
    func writabilityChanged(_ isWritable: Bool) {}

    func shouldQuiesce() { connection?.close(.goingAway, deadline: nil) }

    func closed(closeNumber: UInt16?) { leave() }

    // MARK: The token

    private func check(_ token: String, id: [UInt8]?) {
        isChecking = true
        // The future is this loop's own, so its callback runs where the connection lives.
        loop.makeFutureWithTask { [refresher] in await refresher.verdict(onToken: token) }.assumeIsolated()
            .whenComplete { result in
                guard let connection = self.connection, connection.isOpen, !self.hasLeft else { return }
                switch result {
                case .success(.valid(let principal)) where !self.refresher.isRevoked(principal):
                    self.admit(principal, id: id, on: connection)
                case .success(.expired): connection.close(.tokenExpired, deadline: nil)
                default: connection.close(.invalidToken, deadline: nil)
                }
            }
    }

    private func admit(_ principal: Principal, id: [UInt8]?, on connection: WebSocketHandler) {
        leave()
        let consumer: Consumer
        do {
            consumer = try hub.admit(principal, remoteAddress: remoteAddress, on: loop)
        } catch {
            connection.close(error == .shuttingDown ? .goingAway : .overloaded, deadline: nil)
            return
        }
        let waiting = waiting
        self.waiting = []
        connection.handOver(to: consumer)
        consumer.send(
            ServerMessage.text("authenticated", id: id) { writer in
                writer.member("user", principal.user)
                writer.member("role", principal.role.rawValue)
                writer.member("tenant", principal.tenant)
                writer.member("token_expires_at", principal.expiresAt.map(WallTime.rfc3339))
            })
        for (message, isText) in waiting { consumer.received(message, isText: isText) }
    }

    private func keep(_ message: [UInt8], isText: Bool) {
        guard waiting.count < Self.maximumWaiting, waitingBytes + message.count <= Self.maximumWaitingBytes else {
            return refuse(CommandError(code: .busy, message: "the token is still being checked"), id: nil)
        }
        waiting.append((message, isText))
        waitingBytes += message.count
    }

    private func refuse(_ error: CommandError, id: [UInt8]?) {
        guard let connection else { return }
        guard errors.take(at: loop.now) else {
            connection.close(.tooManyErrors, deadline: nil)
            return
        }
        var frame = ByteBuffer()
        Transport.webSocket.append(ServerMessage.error(error, id: id), to: &frame)
        connection.write(frame)
    }

    private func leave() {
        guard !hasLeft else { return }
        hasLeft = true
        deadline?.cancel()
        hub.admission.leavePending(address: Admission.address(of: remoteAddress))
    }
}

@available(*, unavailable)
extension PendingSession: Sendable {}
