import Foundation
import Synchronization

/// A Redis server of one test's own, which the test may stop, kill and start again. Plain, on a free loopback port, with
/// nothing on disk; ended with this object.
public final class RedisProcess: Sendable {
    /// What `scripts/redis-test-server.sh` made: a server that all tests share.
    public static let sharedAddress = ProcessInfo.processInfo.environment["LEADWIRE_TEST_REDIS"]
    public static let sharedSecureAddress = ProcessInfo.processInfo.environment["LEADWIRE_TEST_REDIS_TLS"]

    public let port: Int
    private let arguments: [String]
    private let process = Mutex<pid_t?>(nil)

    /// Starts it with options as `redis-server` takes them, such as `["--requirepass", "secret"]`.
    public init(_ arguments: [String] = []) throws {
        self.arguments = arguments
        port = try RedisProcess.freePort()
        try start()
    }

    deinit { kill() }

    public var address: String { "redis://127.0.0.1:\(port)/0" }

    /// Starts it, empty, and returns when it takes connections.
    public func start() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let program = ProcessInfo.processInfo.environment["LEADWIRE_TEST_REDIS_SERVER"] ?? "redis-server"
        process.arguments =
            [
                program, "--port", "\(port)", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                "--enable-debug-command", "yes",
            ] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        var log = Data()
        while log.range(of: Data("Ready to accept connections".utf8)) == nil {
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { throw NoRedis(why: String(decoding: log, as: UTF8.self)) }
            log += more
        }
        // Whatever else it has to say, its pipe must not fill.
        output.fileHandleForReading.readabilityHandler = { handle in
            if handle.availableData.isEmpty { handle.readabilityHandler = nil }
        }
        self.process.withLock { $0 = process.processIdentifier }
    }

    /// Ends it as a crash would, and returns when it is gone.
    public func kill() {
        let number = process.withLock { $0.take() }
        guard let number else { return }
        _ = Glibc.kill(number, SIGKILL)
        while let state = RedisProcess.state(of: number), state != "Z", state != "X" { sched_yield() }
    }

    /// It goes on existing, and does nothing: returns when it has stopped.
    public func freeze() {
        signal(SIGSTOP)
        guard let number = process.withLock({ $0 }) else { return }
        while let state = RedisProcess.state(of: number), state != "T" { sched_yield() }
    }

    /// A letter as `ps` shows it; nil when it is gone. A dead one that nobody has waited for is `Z`, its ports are free.
    private static func state(of number: pid_t) -> Substring? {
        // It follows the name, which is in brackets.
        (try? String(contentsOfFile: "/proc/\(number)/stat", encoding: .utf8))?
            .split(separator: ")").last?.split(separator: " ").first
    }

    public func thaw() { signal(SIGCONT) }

    private func signal(_ signal: CInt) {
        process.withLock { number in
            if let number { _ = Glibc.kill(number, signal) }
        }
    }

    /// Redis's own client, so that nothing of ours is between the test and the server.
    @discardableResult
    public func cli(_ arguments: String...) throws -> String { try cli(arguments) }

    @discardableResult
    public func cli(_ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["redis-cli", "-h", "127.0.0.1", "-p", "\(port)", "--raw"] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let text = String(decoding: data, as: UTF8.self)
        guard process.terminationStatus == 0 else { throw NoRedis(why: text) }
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// A port that nothing listens on at this moment.
    public static func freePort() throws -> Int {
        let probe = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        defer { close(probe) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(probe, generic, length) == 0 && getsockname(probe, generic, &length) == 0
            }
        }
        guard isBound else { throw NoRedis(why: "no free port") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}

public struct NoRedis: Error, CustomStringConvertible {
    public var why: String

    public init(why: String = "LEADWIRE_TEST_REDIS is not set") { self.why = why }

    public var description: String { why }
}
