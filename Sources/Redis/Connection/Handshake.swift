/// What is said before the first command: a pure machine. `HELLO 3` with user, password and name where the server knows
/// it, else `AUTH` and `CLIENT SETNAME` in RESP2; then `SELECT`.
///
/// - SeeAlso: HELLO in the commands' reference of Redis: it is open to who has not said AUTH, and to a server that loads.
struct Handshake {
    enum Step: Equatable {
        case send(RedisCommand)
        case ready
        case failed(RedisError)
    }

    private enum State {
        case hello, auth, name, select
    }

    private let address: RedisAddress
    private let clientName: String
    private var state = State.hello
    /// 3, or 2 for a server that knows no better.
    private(set) var version = 3

    init(_ address: RedisAddress, clientName: String) {
        self.address = address
        self.clientName = clientName
    }

    var first: RedisCommand {
        var hello = RedisCommand("HELLO", 3)
        if let password = address.password {
            hello.append("AUTH")
            hello.append(address.user ?? "default")
            hello.append(password)
        }
        hello.append("SETNAME")
        hello.append(clientName)
        return hello
    }

    mutating func received(_ answer: RESPValue) -> Step {
        switch state {
        case .hello:
            guard case .error(let reply) = answer else { return select() }
            guard Self.knowsNoHello(reply) else { return .failed(RedisError(reply: reply)) }
            version = 2
            guard let password = address.password else { return name() }
            state = .auth
            var command = RedisCommand("AUTH")
            // Before ACLs there was one password and no user.
            if let user = address.user { command.append(user) }
            command.append(password)
            return .send(command)
        case .auth:
            if case .error = answer {
                return .failed(RedisError(.auth, "the server does not take this user and password"))
            }
            return name()
        case .name:
            // The name is for people; a server without it serves as well.
            return select()
        case .select:
            if case .error(let reply) = answer {
                let error = RedisError(reply: reply)
                return .failed(
                    error.code == .other ? RedisError(.other, "the server has no database of that number") : error)
            }
            return .ready
        }
    }

    private mutating func name() -> Step {
        state = .name
        return .send(RedisCommand("CLIENT", "SETNAME", .text(clientName)))
    }

    private mutating func select() -> Step {
        guard address.database != 0 else { return .ready }
        state = .select
        return .send(RedisCommand("SELECT", .integer(Int64(address.database))))
    }

    /// Redis before 6 (`ERR unknown command`), and one that speaks RESP2 alone (`NOPROTO`).
    private static func knowsNoHello(_ reply: [UInt8]) -> Bool {
        reply.starts(with: "NOPROTO".utf8) || reply.starts(with: "ERR unknown command".utf8)
            || reply.starts(with: "ERR Unknown command".utf8)
    }
}
