// swift-tools-version: 6.2
// The micro benchmarks, apart from the product: users never resolve this package. The rooms are links to the real ones.
import PackageDescription

let optimized: [SwiftSetting] = [.swiftLanguageMode(.v6), .enableUpcomingFeature("InternalImportsByDefault")]

/// As the product builds them: isolation is part of what the code means.
let strict: [SwiftSetting] =
    optimized + [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    ]

let nio: [Target.Dependency] = ["NIOCore", "NIOConcurrencyHelpers", "NIOHTTP1", "NIOPosix", "NIOWebSocket"].map {
    .product(name: $0, package: "swift-nio")
}

let package = Package(
    name: "benchmarks",
    dependencies: [.package(url: "https://github.com/apple/swift-nio", exact: "2.101.2")],
    targets: [
        .target(name: "JSONBytes", swiftSettings: optimized),
        .target(name: "Leads", swiftSettings: optimized),
        .target(name: "Features", dependencies: ["Leads"], swiftSettings: optimized),
        .target(name: "Forest", dependencies: ["JSONBytes"], swiftSettings: optimized),
        .target(name: "Realtime", dependencies: nio + ["JSONBytes"], swiftSettings: strict),
        .systemLibrary(name: "CXGBoost", providers: [.apt(["libxgboost-dev"])]),
        .target(name: "ThreadTiming", swiftSettings: optimized),
        .executableTarget(
            name: "forest-bench", dependencies: ["Forest", "CXGBoost", "ThreadTiming"], swiftSettings: optimized),
        .executableTarget(name: "lightgbm-bench", dependencies: ["Forest", "ThreadTiming"], swiftSettings: optimized),
        .executableTarget(name: "features-bench", dependencies: ["Features", "Leads"], swiftSettings: optimized),
        .executableTarget(name: "fanout-bench", dependencies: nio + ["Realtime"], swiftSettings: strict),
    ]
)
