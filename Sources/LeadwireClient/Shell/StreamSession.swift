import NIOCore

/// The shell around ``StreamMachine``: it owns the socket, the timer, the token's task and the items on their way to the
/// consumer, and does what the machine orders. Confined to one event loop.
final class StreamSession {
    private let loop: any EventLoop
    private let address: ServerAddress
    private let token: LeadwireClient.TokenSource?
    private var machine: StreamMachine
    private let items: ItemBuffer
    private var socket: FrameHandler?
    private var dialling: (any Channel)?
    private var tokenTask: Task<Void, Never>?
    private var timer: Scheduled<Void>?
    private var timerAt = NIODeadline.distantFuture
    private var orders: [StreamMachine.Action] = []
    private var isPerforming = false

    /// Begins a stream. From any thread.
    static func start(
        _ machine: StreamMachine, address: ServerAddress, token: LeadwireClient.TokenSource?, on loop: any EventLoop
    ) -> ItemBuffer {
        let box = NIOLoopBoundBox<StreamSession?>.makeEmptyBox(valueType: StreamSession.self, eventLoop: loop)
        let items = ItemBuffer(
            maximumItems: machine.configuration.bufferedItems, maximumBytes: machine.configuration.bufferedBytes,
            hasRoom: { loop.execute { box.value?.demandChanged(true) } },
            isAbandoned: {
                loop.execute {
                    box.value?.perform(box.value?.machine.stop() ?? [])
                    box.value = nil
                }
            })
        loop.execute {
            let session = StreamSession(machine, address, token, loop, items)
            box.value = session
            session.perform(session.machine.start(at: loop.now))
        }
        return items
    }

    private init(
        _ machine: StreamMachine, _ address: ServerAddress, _ token: LeadwireClient.TokenSource?,
        _ loop: any EventLoop, _ items: ItemBuffer
    ) {
        self.machine = machine
        self.address = address
        self.token = token
        self.loop = loop
        self.items = items
    }

    // MARK: What the consumer does

    private func demandChanged(_ hasDemand: Bool) {
        perform(machine.demandChanged(hasDemand, at: loop.now))
        if machine.wantsBytes { socket?.resumeReading() }
    }

    // MARK: What the connection does

    /// Whether bytes may be taken from the socket now.
    var wantsBytes: Bool { machine.wantsBytes }

    func opened(_ socket: FrameHandler, attempt: Int) {
        guard attempt == machine.attempt, machine.state == .opening else { return socket.cut() }
        self.socket = socket
        dialling = nil
        perform(machine.opened(attempt: attempt, at: loop.now))
    }

    func heard(attempt: Int) { machine.heard(attempt: attempt, at: loop.now) }

    func received(_ message: [UInt8], attempt: Int) {
        perform(machine.received(message, attempt: attempt, at: loop.now))
    }

    func closed(_ closure: StreamMachine.Closure, attempt: Int) {
        perform(machine.closed(closure, attempt: attempt, at: loop.now))
    }

    // MARK: Orders

    /// Does what was ordered, in order; what happens meanwhile is done after it.
    private func perform(_ new: [StreamMachine.Action]) {
        orders += new
        guard !isPerforming else { return }
        isPerforming = true
        while !orders.isEmpty {
            let batch = orders
            orders = []
            for action in batch { perform(action) }
        }
        isPerforming = false
        setTimer()
    }

    private func perform(_ action: StreamMachine.Action) {
        switch action {
        case .fetchToken(let use, let attempt): fetchToken(use, attempt: attempt)
        case .open(let attempt, let token): open(attempt: attempt, token: token)
        case .sendText(let text): socket?.send(text: text)
        case .sendPong: socket?.sendPong()
        case .close(let code):
            socket?.close(code)
            socket = nil
            drop()
        case .drop: drop()
        case .yield(let item):
            if !items.yield(item) { demandChanged(false) }
        case .finish: items.finish()
        }
    }

    private func drop() {
        socket?.cut()
        socket = nil
        dialling?.close(promise: nil)
        dialling = nil
        tokenTask?.cancel()
        tokenTask = nil
    }

    private func fetchToken(_ use: StreamMachine.Action.TokenUse, attempt: Int) {
        guard let token else { return }
        let session = NIOLoopBound(self, eventLoop: loop)
        let loop = loop
        // The user's code runs on the user's side, never on the loop; its task is cancelled with the attempt.
        tokenTask = Task {
            let fetched = try? await token()
            loop.execute { session.value.tokenFetched(fetched, use, attempt) }
        }
    }

    private func tokenFetched(_ token: String?, _ use: StreamMachine.Action.TokenUse, _ attempt: Int) {
        perform(machine.tokenFetched(token, for: use, attempt: attempt, at: loop.now))
    }

    private func open(attempt: Int, token: String?) {
        let dialler = Dialler(
            address: address, token: token, attempt: attempt, configuration: machine.configuration,
            session: NIOLoopBound(self, eventLoop: loop))
        dialler.dial(on: loop)
    }

    /// The dialler has a channel; it is cut if the attempt is over.
    func dials(_ channel: any Channel, attempt: Int) {
        guard attempt == machine.attempt, machine.state == .opening else { return channel.close(promise: nil) }
        dialling = channel
    }

    // MARK: Time

    /// One timer, moved only when it would come too late: the machine is told of the time more often than needed, which
    /// is cheaper than a new timer for every byte that arrives.
    private func setTimer() {
        guard let deadline = machine.deadline else {
            timer?.cancel()
            timer = nil
            timerAt = .distantFuture
            return
        }
        guard deadline < timerAt else { return }
        timer?.cancel()
        timerAt = deadline
        // The session lives on its loop, and NIO traps where that is not so.
        timer = loop.assumeIsolated().scheduleTask(deadline: deadline) { [weak self] in self?.tick() }
    }

    private func tick() {
        timerAt = .distantFuture
        timer = nil
        perform(machine.tick(at: loop.now))
    }
}

@available(*, unavailable)
extension StreamSession: Sendable {}
