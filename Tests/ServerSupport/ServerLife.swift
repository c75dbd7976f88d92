public import Foundation
public import Leads
import Learning
public import LeadwireServer
public import Logging
import Scoring
public import StoreSQLite
import Synchronization

/// One life of a whole server on a free port of this machine, over the SQLite file of a folder that outlives it.
public struct ServerLife: Sendable {
    /// Why there was none.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    public let port: Int
    public let server: LeadwireServer
    public let store: SQLiteLeadStore

    /// The store is the server's own: it is opened inside, so it is handed out by this box.
    private final class StoreBox: Sendable {
        let store = Mutex<SQLiteLeadStore?>(nil)
    }

    /// A folder for one test, whose server may be started in it more than once.
    public static func inFolder(_ body: (URL) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("leadwire-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(folder)
    }

    /// Serves the prior with an empty profile for as long as `body` runs; the server has ended when this returns.
    public static func run(
        in folder: URL, settings: ServerSettings = ServerSettings(), clock: any WallClock = SystemClock(),
        logger: Logger = ServerLife.silent, _ body: @escaping @Sendable (ServerLife) async throws -> Void
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
        guard let store = box.store.withLock({ $0 }) else { throw Failure(description: "the store was not opened") }
        let (ports, listening) = AsyncStream<Int>.makeStream(bufferingPolicy: .bufferingNewest(1))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { listening.finish() }
                try await server.run(handlingSignals: false) { port in listening.yield(port) }
            }
            var iterator = ports.makeAsyncIterator()
            guard let port = await iterator.next() else { throw Failure(description: "the server did not start") }
            try await body(ServerLife(port: port, server: server, store: store))
            group.cancelAll()
            // A cancelled server may end by saying so.
            do { try await group.waitForAll() } catch is CancellationError {}
        }
    }

    public static var silent: Logger {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }
}
