import Foundation
import Leads
import Learning
import Logging
import Scoring
import StoreSQLite
import Synchronization

@testable import LeadwireServer

/// A whole server on a free port of this machine, over a real SQLite file, for as long as a test needs it.
struct LiveServer: Sendable {
    let port: Int
    let store: SQLiteLeadStore
    let routes: [Route]
    let tickets: StreamTickets

    /// The store is the server's own: it is opened inside, so it is handed out by this box.
    private final class StoreBox: Sendable {
        let store = Mutex<SQLiteLeadStore?>(nil)
    }

    static func run(
        settings: ServerSettings = ServerSettings(), clock: any WallClock = SystemClock(),
        logger: Logger = LiveServer.silent, _ body: @escaping @Sendable (LiveServer) async throws -> Void
    ) async throws {
        try await inFolder { folder in
            try await run(in: folder, settings: settings, clock: clock, logger: logger, body)
        }
    }

    /// A folder for one test, whose server may be started in it more than once.
    static func inFolder(_ body: (URL) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("leadwire-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(folder)
    }

    /// One life of a server over the store of `folder`; it has ended when this returns.
    static func run(
        in folder: URL, settings: ServerSettings = ServerSettings(), clock: any WallClock = SystemClock(),
        logger: Logger = LiveServer.silent, _ body: @escaping @Sendable (LiveServer) async throws -> Void
    ) async throws {
        var settings = settings
        settings.port = 0
        let profile = AgencyProfile()
        let box = StoreBox()
        let path = folder.appendingPathComponent("leadwire.sqlite").path
        let parts = LeadwireServer.Parts(
            model: try Prior.artifact(profile: profile), profile: profile, clock: clock,
            cache: MemoryScoreCache(clock: clock),
            openStore: { sink throws(StoreError) in
                let store = try SQLiteLeadStore(path: path, sink: sink)
                box.store.withLock { $0 = store }
                return store
            })
        let server = try await LeadwireServer(settings: settings, parts: parts, logger: logger)
        guard let store = box.store.withLock({ $0 }) else { throw TestFailure("the store was not opened") }
        let (ports, listening) = AsyncStream<Int>.makeStream(bufferingPolicy: .bufferingNewest(1))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { listening.finish() }
                try await server.run(handlingSignals: false) { port in listening.yield(port) }
            }
            var iterator = ports.makeAsyncIterator()
            guard let port = await iterator.next() else { throw TestFailure("the server did not start") }
            try await body(LiveServer(port: port, store: store, routes: server.routes, tickets: server.tickets))
            group.cancelAll()
            // A cancelled server may end by saying so.
            do { try await group.waitForAll() } catch is CancellationError {}
        }
    }

    static var silent: Logger {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }

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
