import Synchronization

/// Exchanges on their way from any task to the client's event loop, and the count of all that are under way: bounded.
final class Inbox: Sendable {
    enum Admission: Sendable {
        /// The loop must be told.
        case mustWake
        /// The loop has been told and has not looked yet.
        case admitted
        case refused(RedisError)
    }

    private struct State {
        var waiting: [Exchange] = []
        var commands = 0
        var bytes = 0
        var isClosed = false
    }

    private let maximumCommands: Int
    private let maximumBytes: Int
    private let state = Mutex(State())

    init(maximumCommands: Int, maximumBytes: Int) {
        self.maximumCommands = maximumCommands
        self.maximumBytes = maximumBytes
    }

    func add(_ exchange: Exchange) -> Admission {
        state.withLock { state in
            if state.isClosed { return .refused(.closed) }
            let commands = state.commands + exchange.answerCount
            let bytes = state.bytes + exchange.bytes.count
            guard state.commands == 0 || commands <= maximumCommands && bytes <= maximumBytes else {
                return .refused(RedisError(.overloaded, "more commands wait than the limit allows"))
            }
            state.commands = commands
            state.bytes = bytes
            state.waiting.append(exchange)
            return state.waiting.count == 1 ? .mustWake : .admitted
        }
    }

    func takeAll() -> [Exchange] {
        state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
    }

    /// The exchange is no longer under way.
    func release(_ exchange: Exchange) {
        state.withLock { state in
            state.commands -= exchange.answerCount
            state.bytes -= exchange.bytes.count
        }
    }

    func close() {
        state.withLock { $0.isClosed = true }
    }

    var commandsUnderWay: Int { state.withLock { $0.commands } }
}
