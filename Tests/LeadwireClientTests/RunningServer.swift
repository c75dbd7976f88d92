import Foundation
import Leads
import LeadwireServer
import Scoring
import ServerSupport
import StoreSQLite

/// A whole server on a free port of this machine, over a SQLite file that outlives it.
struct RunningServer: Sendable {
    let port: Int
    let store: SQLiteLeadStore

    /// A folder for as long as a test needs it.
    static func withFolder(_ body: (URL) async throws -> Void) async throws { try await ServerLife.inFolder(body) }

    /// Serves for as long as `body` runs, in a folder of its own unless one is named.
    static func run(
        in folder: URL? = nil, settings: ServerSettings = ServerSettings(), clock: any WallClock = SystemClock(),
        _ body: @escaping @Sendable (RunningServer) async throws -> Void
    ) async throws {
        guard let folder else {
            return try await withFolder { try await run(in: $0, settings: settings, clock: clock, body) }
        }
        try await ServerLife.run(in: folder, settings: settings, clock: clock) { life in
            try await body(RunningServer(port: life.port, store: life.store))
        }
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
