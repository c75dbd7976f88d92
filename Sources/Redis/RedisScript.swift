import Crypto

/// A Lua script and the name that the server's cache has for it.
public struct RedisScript: Sendable, Hashable {
    public let source: String
    /// Lowercase hexadecimal SHA-1 of the source, as `SCRIPT LOAD` answers it. A name, nothing that is trusted.
    public let digest: String

    public init(_ source: String) {
        self.source = source
        digest = Insecure.SHA1.hash(data: Array(source.utf8)).reduce(into: "") { text, byte in
            text += (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
    }

    /// One call of it: the keys that it touches, then its arguments.
    public struct Call: Sendable, Hashable {
        public var keys: [RedisArgument]
        public var arguments: [RedisArgument]

        public init(keys: [RedisArgument], arguments: [RedisArgument]) {
            self.keys = keys
            self.arguments = arguments
        }
    }

    func command(_ call: Call, sendingSource: Bool) -> RedisCommand {
        var command = sendingSource ? RedisCommand("EVAL", .text(source)) : RedisCommand("EVALSHA", .text(digest))
        command.append(call.keys.count)
        for key in call.keys { command.append(key) }
        for argument in call.arguments { command.append(argument) }
        return command
    }
}
