import Foundation
import Leads
import Logging
import ServerSupport
import StoreSQLite

@testable import LeadwireServer

/// A whole server on a free port of this machine, over a real SQLite file, for as long as a test needs it.
struct LiveServer: Sendable {
    let port: Int
    let store: SQLiteLeadStore
    let routes: [Route]
    let tickets: StreamTickets

    static func run(
        settings: ServerSettings = ServerSettings(), clock: any WallClock = SystemClock(),
        logger: Logger = LiveServer.silent, _ body: @escaping @Sendable (LiveServer) async throws -> Void
    ) async throws {
        try await inFolder { folder in
            try await run(in: folder, settings: settings, clock: clock, logger: logger, body)
        }
    }

    /// A folder for one test, whose server may be started in it more than once.
    static func inFolder(_ body: (URL) async throws -> Void) async throws { try await ServerLife.inFolder(body) }

    /// One life of a server over the store of `folder`; it has ended when this returns.
    static func run(
        in folder: URL, settings: ServerSettings = ServerSettings(), clock: any WallClock = SystemClock(),
        logger: Logger = LiveServer.silent, _ body: @escaping @Sendable (LiveServer) async throws -> Void
    ) async throws {
        try await ServerLife.run(in: folder, settings: settings, clock: clock, logger: logger) { life in
            try await body(
                LiveServer(
                    port: life.port, store: life.store, routes: life.server.routes, tickets: life.server.tickets))
        }
    }

    static var silent: Logger { ServerLife.silent }

    // MARK: Requests

    func get(_ path: String, headers: [(String, String)] = []) async throws -> HTTPAnswer {
        try await send("GET", path, headers: headers)
    }

    func post(_ path: String, _ body: String, headers: [(String, String)] = []) async throws -> HTTPAnswer {
        try await send("POST", path, body: Array(body.utf8), headers: headers)
    }

    func score(_ body: String) async throws -> HTTPAnswer { try await post("/api/v1/ml/score", body) }

    /// One request on a connection of its own. A body brings `application/json` unless the headers name a type.
    func send(
        _ method: String, _ path: String, body: [UInt8]? = nil, headers: [(String, String)] = []
    ) async throws -> HTTPAnswer {
        var head = "\(method) \(path) HTTP/1.1\r\nConnection: close\r\n"
        var fields = headers
        func add(_ name: String, _ value: String) {
            if !fields.contains(where: { $0.0.lowercased() == name.lowercased() }) { fields.append((name, value)) }
        }
        add("Host", "127.0.0.1:\(port)")
        if let body {
            add("Content-Type", "application/json")
            add("Content-Length", "\(body.count)")
        }
        for (name, value) in fields where !value.isEmpty { head += "\(name): \(value)\r\n" }
        let bytes = Array((head + "\r\n").utf8) + (body ?? [])
        return try HTTPAnswer(try await exchange(bytes))
    }

    /// Sends bytes as they are, or says too that no more will come, and reads until the server closes.
    func exchange(_ bytes: [UInt8], endingInput: Bool = false) async throws -> [UInt8] {
        let port = port
        return try await BlockingWork.run {
            let socket = try ClientSocket(port: port)
            try socket.send(bytes)
            if endingInput { socket.endInput() }
            return try socket.receiveAll()
        }
    }
}

struct TestFailure: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}
