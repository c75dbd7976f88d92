import NIOCore

/// A connection of one caller, for commands that block on the server. It is not made anew: when it has broken, every
/// command fails, and another session is opened.
public final class RedisSession: Sendable {
    private let loop: any EventLoop
    private let connection: NIOLoopBound<RedisHandler>
    private let configuration: RedisConfiguration

    private init(_ connection: NIOLoopBound<RedisHandler>, _ configuration: RedisConfiguration, _ loop: any EventLoop) {
        self.connection = connection
        self.configuration = configuration
        self.loop = loop
    }

    deinit { close() }

    static func open(_ endpoint: RedisEndpoint, on loop: any EventLoop) async throws(RedisError) -> RedisSession {
        let opening = Opening()
        let outcome: Result<RedisSession, RedisError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                opening.begin(continuation)
                loop.execute {
                    guard opening.isUnderWay else { return }
                    let giveUp = endpoint.dial(
                        on: loop,
                        RedisHandler.Callbacks(
                            ready: { handler in
                                let bound = NIOLoopBound(handler, eventLoop: loop)
                                let session = RedisSession(bound, endpoint.configuration, loop)
                                // One that nobody takes is closed by its end.
                                opening.finish(.success(session))
                            },
                            released: { _ in },
                            ended: { opening.finish(.failure($0)) }))
                    let bound = NIOLoopBound(giveUp, eventLoop: loop)
                    opening.onGivingUp { loop.execute { bound.value() } }
                }
            }
        } onCancel: {
            opening.cancel()
        }
        return try outcome.get()
    }

    /// Sends one command and waits for its answer. A command whose task is cancelled goes on at the server: its answer
    /// is thrown away when it comes. The deadline is for all of it, so longer than the command may block; when it passes,
    /// the session ends.
    public func send(_ command: RedisCommand, deadline: Duration) async throws(RedisError) -> RESPValue {
        let exchange = Exchange([command], deadline: .now() + TimeAmount(deadline))
        let outcome = await exchange.outcome { exchange in
            loop.execute { [connection] in connection.value.send([exchange]) }
        }
        return try outcome.get()[0].checked()
    }

    /// Ends the connection. Idempotent.
    public func close() {
        loop.execute { [connection] in connection.value.close(.closed) }
    }
}
