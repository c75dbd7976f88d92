// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that the sanitizers build the stream and its tests and nothing else of the server. Its sources
// are links to the product's. scripts/soak.sh builds it with ThreadSanitizer and with AddressSanitizer.
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
    name: "leadwire-soak",
    dependencies: [
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
    ],
    targets: [
        .target(name: "JSONBytes", swiftSettings: strict),
        .target(name: "Realtime", dependencies: nio + ["JSONBytes"], swiftSettings: strict),
        .testTarget(
            name: "RealtimeTests",
            dependencies: nio + ["Realtime", "JSONBytes", .product(name: "NIOEmbedded", package: "swift-nio")],
            swiftSettings: strict),
    ]
)
