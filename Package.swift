// swift-tools-version: 6.2
import PackageDescription

/// Every target of ours: Swift 6 mode, strict about existentials, imports and isolation; a warning is an error.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOWebSocket", package: "swift-nio"),
    .product(name: "Logging", package: "swift-log"),
]

let package = Package(
    name: "leadwire",
    products: [
        .executable(name: "leadwire", targets: ["leadwire"]),
        .library(name: "Forest", targets: ["Forest"]),
        .library(name: "LeadwireClient", targets: ["LeadwireClient"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", exact: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
        .package(url: "https://github.com/vapor/jwt-kit", exact: "5.7.1"),
    ],
    targets: [
        // Rooms, lowest floor first. docs/architecture.md says what each promises.
        .target(name: "JSONBytes", swiftSettings: strict),
        .target(name: "Leads", swiftSettings: strict),
        .target(name: "Features", dependencies: ["Leads"], swiftSettings: strict),
        .target(name: "Forest", dependencies: ["JSONBytes"], swiftSettings: strict + [.strictMemorySafety()]),
        .target(
            name: "Learning",
            dependencies: [
                "Leads", "Features", "Forest", "JSONBytes", .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict),
        .systemLibrary(name: "CXGBoost", providers: [.apt(["libxgboost-dev"])]),
        .target(
            name: "Training", dependencies: ["Learning", "Leads", "Features", "Forest", "JSONBytes", "CXGBoost"],
            swiftSettings: strict),
        .target(
            name: "Scoring",
            dependencies: ["Leads", "Features", "Forest", "Learning", "JSONBytes"],
            swiftSettings: strict),
        // Reads a table with outcomes and writes what a model is worth on it: figures, a page, JSON.
        .target(
            name: "Reporting", dependencies: ["Training", "Learning", "Forest", "Leads", "JSONBytes"],
            swiftSettings: strict),
        .target(name: "Realtime", dependencies: nio + ["JSONBytes"], swiftSettings: strict),
        // The other end of the stream, for programs of the team's own: it knows the wire and no room of the server.
        .target(
            name: "LeadwireClient",
            dependencies: [
                "JSONBytes",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .target(
            name: "StoreSQLite",
            dependencies: [
                "Scoring", "Features", "Leads", "JSONBytes", .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
        .systemLibrary(name: "CPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .target(
            name: "StorePostgres", dependencies: ["Scoring", "Features", "Leads", "CPQ"], swiftSettings: strict),
        // Our smallest client of Redis. It knows no room of ours, so that a library could take its place.
        .target(
            name: "Redis",
            dependencies: [
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict),
        .target(
            name: "CacheRedis",
            dependencies: [
                "Scoring", "Features", "Leads", "Redis", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .target(
            name: "LeadwireServer",
            dependencies: nio + [
                "Scoring", "Realtime", "StoreSQLite", "CacheRedis", "Redis", "Learning", "Forest", "Features", "Leads",
                "JSONBytes",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            resources: [.embedInCode("Resources")],
            swiftSettings: strict),
        .executableTarget(
            name: "leadwire",
            dependencies: [
                "LeadwireServer", "Reporting", "Training", "Scoring", "Realtime", "StoreSQLite", "StorePostgres",
                "CacheRedis", "Redis",
                "Learning", "Forest", "Features", "Leads", "JSONBytes",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: strict),

        // Tests. TestSupport holds the one clock, generator and lead factory that they share.
        .target(
            name: "TestSupport", dependencies: ["Leads", "Scoring"], path: "Tests/TestSupport",
            swiftSettings: strict),
        .testTarget(name: "JSONBytesTests", dependencies: ["JSONBytes"], swiftSettings: strict),
        .testTarget(name: "LeadsTests", dependencies: ["Leads"], swiftSettings: strict),
        .testTarget(
            name: "FeaturesTests", dependencies: ["Features", "TestSupport"], resources: [.copy("Fixtures")],
            swiftSettings: strict),
        .testTarget(
            name: "ForestTests", dependencies: ["Forest"], resources: [.copy("Golden")], swiftSettings: strict),
        .testTarget(
            name: "LearningTests", dependencies: ["Learning", "JSONBytes", "TestSupport"], swiftSettings: strict),
        .testTarget(name: "TrainingTests", dependencies: ["Training", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "ReportingTests", dependencies: ["Reporting", "Training", "Learning", "Forest", "JSONBytes"],
            swiftSettings: strict),
        .testTarget(name: "ScoringTests", dependencies: ["Scoring", "TestSupport"], swiftSettings: strict),
        // A whole server for as long as a test needs one.
        .target(
            name: "ServerSupport",
            dependencies: [
                "LeadwireServer", "StoreSQLite", "Scoring", "Learning", "Leads",
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Tests/ServerSupport", swiftSettings: strict),
        .testTarget(
            name: "RealtimeTests",
            dependencies: nio + ["Realtime", "JSONBytes", .product(name: "NIOEmbedded", package: "swift-nio")],
            swiftSettings: strict),
        // The stream's frame handler with an echo behind it, for the protocol's public conformance suite.
        .executableTarget(
            name: "EchoServer", dependencies: nio + ["Realtime"], path: "Tests/EchoServer", swiftSettings: strict),
        .testTarget(
            name: "LeadwireClientTests",
            dependencies: nio + [
                "LeadwireClient", "LeadwireServer", "ServerSupport", "StoreSQLite", "Scoring", "Leads", "JSONBytes",
                "TestSupport",
            ],
            swiftSettings: strict),
        // The suite that every LeadStore passes, and the process that the crash test kills.
        .target(
            name: "StoreConformance", dependencies: ["Scoring"], path: "Tests/StoreConformance", swiftSettings: strict),
        .executableTarget(
            name: "StoreCrashHelper", dependencies: ["StoreSQLite", "StorePostgres", "StoreConformance", "Scoring"],
            path: "Tests/StoreCrashHelper", swiftSettings: strict),
        .testTarget(
            name: "StoreSQLiteTests",
            dependencies: [
                "StoreSQLite", "StoreConformance", "StoreCrashHelper", .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "StorePostgresTests",
            dependencies: ["StorePostgres", "StoreConformance", "StoreCrashHelper", "Scoring"],
            swiftSettings: strict),
        // A real Redis server of a test's own.
        .target(name: "RedisTestServer", path: "Tests/RedisTestServer", swiftSettings: strict),
        .testTarget(
            name: "RedisTests",
            dependencies: [
                "Redis", "RedisTestServer", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),
        // The suite that every ScoreCache passes.
        .target(
            name: "CacheConformance", dependencies: ["Scoring", "Features", "Leads"], path: "Tests/CacheConformance",
            swiftSettings: strict),
        .testTarget(
            name: "CacheRedisTests",
            dependencies: [
                "CacheRedis", "CacheConformance", "Redis", "RedisTestServer", "TestSupport", "Scoring", "Leads",
                "Features", .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "LeadwireServerTests",
            dependencies: nio + [
                "LeadwireServer", "Redis", "ServerSupport", "StoreConformance", "StoreSQLite", "TestSupport",
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
            ],
            swiftSettings: strict),
        .testTarget(name: "TidyTests", swiftSettings: strict),
    ]
)
