import NIOCore

/// The client's life on its event loop: the shell around ``ReconnectMachine``. It owns the connection, and the exchanges
/// that wait for one.
final class ClientCore {
    private let loop: any EventLoop
    private let endpoint: RedisEndpoint
    private let inbox: Inbox
    private var machine: ReconnectMachine
    private var connection: RedisHandler?
    private var giveUpDialling: (() -> Void)?
    private var retry: Scheduled<Void>?
    private var held: [Exchange] = []
    private var timer: DeadlineTimer?

    init(_ endpoint: RedisEndpoint, _ inbox: Inbox, on loop: any EventLoop) {
        self.loop = loop
        self.endpoint = endpoint
        self.inbox = inbox
        machine = ReconnectMachine(endpoint.configuration, generator: SystemRandomNumberGenerator())
        timer = DeadlineTimer(loop) { [weak self] now in self?.expire(now) }
    }

    func start() { perform(machine.timeToDial()) }

    /// Takes what waits in the inbox.
    func drain() {
        let exchanges = inbox.takeAll()
        switch machine.admission {
        case .send: connection?.send(exchanges)
        case .hold:
            held += exchanges
            if let earliest = exchanges.map(\.deadline).min() { timer?.needs(earliest) }
        case .refuse(let error): fail(exchanges, error)
        }
    }

    /// Ends everything; whoever still waits fails.
    func close() {
        machine.close()
        retry?.cancel()
        timer?.cancel()
        giveUpDialling?()
        giveUpDialling = nil
        connection?.close(.closed)
        connection = nil
        fail(inbox.takeAll(), .closed)
        releaseHeld(.closed)
    }

    // MARK: The connection

    private func perform(_ action: ReconnectMachine.Action) {
        switch action {
        case .none: break
        case .wait(let time):
            // This lives on the loop, and NIO traps where that is not so.
            retry = loop.assumeIsolated().scheduleTask(in: time) { [weak self] in
                guard let self else { return }
                perform(machine.timeToDial())
            }
        case .dial:
            giveUpDialling = endpoint.dial(
                on: loop,
                RedisHandler.Callbacks(
                    ready: { [weak self] handler in self?.connected(handler) ?? handler.close(.closed) },
                    released: { [inbox] exchange in inbox.release(exchange) },
                    ended: { [weak self] error in self?.ended(error) }))
        }
    }

    private func connected(_ handler: RedisHandler) {
        giveUpDialling = nil
        machine.connected(at: loop.now)
        guard machine.admission == .send else { return handler.close(.closed) }
        connection = handler
        timer?.cancel()
        let waiting = held
        held = []
        handler.send(waiting)
    }

    private func ended(_ error: RedisError) {
        connection = nil
        giveUpDialling = nil
        let action = machine.ended(error, at: loop.now)
        if case .refuse(let reason) = machine.admission { releaseHeld(reason) }
        perform(action)
    }

    // MARK: Who waits for a connection

    private func expire(_ now: NIODeadline) -> NIODeadline? {
        var next: NIODeadline?
        held.removeAll { exchange in
            guard exchange.deadline <= now else {
                next = min(next ?? exchange.deadline, exchange.deadline)
                return false
            }
            fail([exchange], .late)
            return true
        }
        return next
    }

    private func releaseHeld(_ error: RedisError) {
        let waiting = held
        held = []
        timer?.cancel()
        fail(waiting, error)
    }

    private func fail(_ exchanges: [Exchange], _ error: RedisError) {
        for exchange in exchanges {
            exchange.finish(.failure(error))
            inbox.release(exchange)
        }
    }
}

@available(*, unavailable)
extension ClientCore: Sendable {}
