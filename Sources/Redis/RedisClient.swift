import NIOCore
import NIOPosix

/// A client of one Redis server: one connection that all callers share, made anew by itself when it breaks.
///
/// Commands of all tasks are pipelined: each goes out as it comes, many at once in one write, and answers are matched by
/// order. Commands that block on the server must not go this way: ``openSession()`` gives them a connection of their own.
/// Nothing is sent twice: a command whose connection broke fails as ``RedisError/Code/lost``.
public final class RedisClient: Sendable {
    public let configuration: RedisConfiguration
    private let endpoint: RedisEndpoint
    private let loop: any EventLoop
    private let inbox: Inbox
    private let core: NIOLoopBoundBox<ClientCore?>

    /// Connects in the background.
    ///
    /// - Throws: `tls` when the roots of a `rediss://` address can't be read. Whether there is a server is not asked.
    public init(
        _ address: RedisAddress, configuration: RedisConfiguration = RedisConfiguration()
    ) throws(RedisError) {
        self.configuration = configuration
        endpoint = try RedisEndpoint(address, configuration)
        loop = MultiThreadedEventLoopGroup.singleton.next()
        inbox = Inbox(maximumCommands: configuration.maximumCommands, maximumBytes: configuration.maximumBytes)
        core = .makeEmptyBox(valueType: ClientCore.self, eventLoop: loop)
        loop.execute { [core, endpoint, inbox, loop] in
            let life = ClientCore(endpoint, inbox, on: loop)
            core.value = life
            life.start()
        }
    }

    deinit {
        inbox.close()
        loop.execute { [core] in
            core.value?.close()
            core.value = nil
        }
    }

    /// Commands that are under way, of all callers.
    public var commandsUnderWay: Int { inbox.commandsUnderWay }

    /// Sends one command and waits for its answer; an error that the server answered is thrown. The deadline counts from
    /// now; ``RedisConfiguration/commandDeadline`` where it is nil.
    public func send(_ command: RedisCommand, deadline: Duration? = nil) async throws(RedisError) -> RESPValue {
        try await answers(to: [command], deadline: deadline)[0].checked()
    }

    /// Sends commands together, in order and with nobody else's between them, and waits for all answers: one for each, in
    /// order; those that the server refused are failures of their own.
    public func send(
        _ commands: [RedisCommand], deadline: Duration? = nil
    ) async throws(RedisError) -> [Result<RESPValue, RedisError>] {
        guard !commands.isEmpty else { return [] }
        return try await answers(to: commands, deadline: deadline).map { answer in
            Result { () throws(RedisError) in try answer.checked() }
        }
    }

    /// Runs a script by its name, and sends it whole where the server has not seen it.
    public func run(
        _ script: RedisScript, keys: [RedisArgument], arguments: [RedisArgument], deadline: Duration? = nil
    ) async throws(RedisError) -> RESPValue {
        let call = RedisScript.Call(keys: keys, arguments: arguments)
        return try await run(script, [call], deadline: deadline)[0].get()
    }

    /// Calls of a script, together. A call whose script the server had not seen has done nothing there, so it is sent
    /// again, whole; it then runs after the others.
    public func run(
        _ script: RedisScript, _ calls: [RedisScript.Call], deadline: Duration? = nil
    ) async throws(RedisError) -> [Result<RESPValue, RedisError>] {
        var answers = try await send(calls.map { script.command($0, sendingSource: false) }, deadline: deadline)
        let unknown = answers.indices.filter { index in
            if case .failure(let error) = answers[index] { error.code == .noScript } else { false }
        }
        guard !unknown.isEmpty else { return answers }
        let again = unknown.enumerated().map { place, index in
            // The first brings it; the others find it there.
            script.command(calls[index], sendingSource: place == 0)
        }
        for (index, answer) in zip(unknown, try await send(again, deadline: deadline)) { answers[index] = answer }
        return answers
    }

    /// A connection for one caller alone, for commands that block.
    public func openSession() async throws(RedisError) -> RedisSession {
        try await RedisSession.open(endpoint, on: loop)
    }

    /// Ends the connection; what is under way fails as `closed`. Idempotent.
    public func close() async {
        inbox.close()
        let closed = loop.makePromise(of: Void.self)
        loop.execute { [core] in
            core.value?.close()
            core.value = nil
            closed.succeed()
        }
        try? await closed.futureResult.get()
    }

    private func answers(
        to commands: [RedisCommand], deadline: Duration?
    ) async throws(RedisError) -> [RESPValue] {
        let until = NIODeadline.now() + TimeAmount(deadline ?? configuration.commandDeadline)
        let exchange = Exchange(commands, deadline: until)
        let outcome = await exchange.outcome { exchange in
            switch inbox.add(exchange) {
            case .admitted: break
            case .mustWake: loop.execute { [core] in core.value?.drain() }
            case .refused(let error): exchange.finish(.failure(error))
            }
        }
        return try outcome.get()
    }
}

extension RESPValue {
    func checked() throws(RedisError) -> RESPValue {
        if case .error(let reply) = self { throw RedisError(reply: reply) }
        return self
    }
}
