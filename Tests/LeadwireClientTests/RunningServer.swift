import Foundation
import Leads
import Learning
import LeadwireServer
import Logging
import Scoring
import StoreSQLite
import Synchronization

/// A whole server on a free port of this machine, over a SQLite file that outlives it.
struct RunningServer: Sendable {
    let port: Int
    let store: SQLiteLeadStore

    /// A folder for as long as a test needs it.
    static func withFolder(_ body: (URL) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("leadwire-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(folder)
    }

    /// Serves for as long as `body` runs, in a folder of its own unless one is named.
    static func run(
        in folder: URL? = nil, _ body: @escaping @Sendable (RunningServer) async throws -> Void
    ) async throws {
        guard let folder else { return try await withFolder { try await run(in: $0, body) } }
        var settings = ServerSettings()
        settings.port = 0
        let profile = AgencyProfile()
        let clock = SystemClock()
        let box = Box()
        let path = folder.appendingPathComponent("leadwire.sqlite").path
        let parts = LeadwireServer.Parts(
            model: try Prior.artifact(profile: profile), profile: profile, clock: clock,
            cache: MemoryScoreCache(clock: clock),
            openStore: { sink throws(StoreError) in
                let store = try SQLiteLeadStore(path: path, sink: sink)
                box.store.withLock { $0 = store }
                return store
            })
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let server = try await LeadwireServer(settings: settings, parts: parts, logger: logger)
        guard let store = box.store.withLock({ $0 }) else { throw Unexpected("the store was not opened") }
        let (ports, listening) = AsyncStream<Int>.makeStream(bufferingPolicy: .bufferingNewest(1))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { listening.finish() }
                try await server.run(handlingSignals: false) { port in listening.yield(port) }
            }
            var iterator = ports.makeAsyncIterator()
            guard let port = await iterator.next() else { throw Unexpected("the server did not start") }
            try await body(RunningServer(port: port, store: store))
            group.cancelAll()
            // A cancelled server may end by saying so.
            do { try await group.waitForAll() } catch is CancellationError {}
        }
    }

    private final class Box: Sendable {
        let store = Mutex<SQLiteLeadStore?>(nil)
    }

    /// Where the log stands.
    func position() async throws -> StreamPosition { try await store.position(of: .local) }

    /// Commits one event for each number, `{"n": number, "pad": …}`, in one transaction.
    func publish(_ numbers: Range<Int>, padding: Int = 0) async throws {
        let pad = String(repeating: "x", count: padding)
        let events = numbers.map { number in
            NewEvent(
                tenant: .local, type: .leadScored, id: "event-\(UUID().uuidString)", timestamp: SystemClock().now,
                data: Array(#"{"lead_id":"l\#(number)","n":\#(number),"pad":"\#(pad)"}"#.utf8), leadID: nil)
        }
        _ = try await store.commit(Commit(events: events))
    }
}

struct Unexpected: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
