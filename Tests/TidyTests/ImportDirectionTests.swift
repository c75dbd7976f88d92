import Testing

/// The floors of `docs/architecture.md`, as a test: what a room may import of ours, and who may see which library.
struct ImportDirectionTests {
    static let allowed: [String: Set<String>] = [
        "JSONBytes": [],
        "Leads": ["JSONBytes"],
        "Features": ["Leads", "JSONBytes"],
        "Forest": ["JSONBytes"],
        "Learning": ["Leads", "Features", "Forest", "JSONBytes"],
        "Training": ["Learning", "Leads", "Features", "Forest", "JSONBytes", "CXGBoost"],
        "Reporting": ["Training", "Learning", "Leads", "Features", "Forest", "JSONBytes"],
        "Scoring": ["Leads", "Features", "Forest", "Learning", "JSONBytes"],
        "Realtime": ["JSONBytes"],
        "LeadwireClient": ["JSONBytes"],
        "Redis": [],
        "CacheRedis": ["Scoring", "Learning", "Forest", "Features", "Leads", "JSONBytes", "Redis"],
        "StoreSQLite": ["Scoring", "Learning", "Forest", "Features", "Leads", "JSONBytes"],
        "StorePostgres": ["Scoring", "Learning", "Forest", "Features", "Leads", "JSONBytes", "CPQ"],
        "LeadwireServer": [
            "Scoring", "Realtime", "StoreSQLite", "CacheRedis", "Redis", "Learning", "Forest", "Features", "Leads",
            "JSONBytes",
        ],
        "leadwire": [
            "LeadwireServer", "Reporting", "Training", "Scoring", "Realtime", "StoreSQLite", "StorePostgres",
            "CacheRedis",
            "Redis",
            "Learning", "Forest", "Features", "Leads", "JSONBytes",
        ],
    ]

    /// Rooms that a library may be seen in; everywhere else it is forbidden.
    static let libraries: [String: Set<String>] = [
        "CXGBoost": ["Training"],
        "CPQ": ["StorePostgres"],
        "GRDB": ["StoreSQLite"],
        "Hummingbird": ["LeadwireServer", "leadwire"],
        "HummingbirdCore": ["LeadwireServer"],
        "NIOCore": ["Realtime", "LeadwireClient", "Redis", "LeadwireServer", "leadwire"],
        "NIOPosix": ["Realtime", "LeadwireClient", "Redis", "LeadwireServer", "leadwire"],
        "NIOWebSocket": ["Realtime", "LeadwireClient", "LeadwireServer"],
        "NIOSSL": ["Redis"],
        "ArgumentParser": ["leadwire"],
        "Yams": ["leadwire"],
        "Crypto": ["Learning", "Scoring", "Redis", "CacheRedis", "LeadwireServer"],
        "JWTKit": ["LeadwireServer"],
        "AsyncHTTPClient": ["LeadwireServer"],
    ]

    /// Rooms on the hot path, or whose output must be the same everywhere, that must not pull in Foundation.
    static let withoutFoundation: Set<String> = ["JSONBytes", "Leads", "Features", "Forest", "Reporting"]

    @Test func `every room is known to this table`() {
        let rooms = Set(SourceTree.swiftFiles(under: "Sources").map(\.target))
        #expect(rooms.subtracting(Self.allowed.keys).isEmpty)
        #expect(Set(Self.allowed.keys).subtracting(rooms).isEmpty)
    }

    @Test func `no room imports one that stands above it`() {
        let ours = Set(Self.allowed.keys).union(["CXGBoost", "CPQ"])
        for file in SourceTree.swiftFiles(under: "Sources") {
            let wrong = Set(file.imports).intersection(ours).subtracting([file.target])
                .subtracting(Self.allowed[file.target] ?? [])
            #expect(wrong.isEmpty, "\(file.path) imports \(wrong.sorted().joined(separator: ", "))")
        }
    }

    @Test func `only the connection to PostgreSQL sees libpq`() {
        for file in SourceTree.swiftFiles(under: "Sources") where file.imports.contains("CPQ") {
            #expect(file.path.hasPrefix("Sources/StorePostgres/Connection/"), "\(file.path) imports CPQ")
        }
    }

    @Test func `a library is seen only in the rooms that own it`() {
        for file in SourceTree.swiftFiles(under: "Sources") {
            for (library, rooms) in Self.libraries where file.imports.contains(library) {
                #expect(rooms.contains(file.target), "\(file.path) imports \(library)")
            }
            if Self.withoutFoundation.contains(file.target) {
                #expect(!file.imports.contains { $0.hasPrefix("Foundation") }, "\(file.path) imports Foundation")
            }
        }
    }
}
