// swift-tools-version: 6.2
// The micro benchmarks, apart from the product: users never resolve this package. The rooms are links to the real ones.
import PackageDescription

let optimized: [SwiftSetting] = [.swiftLanguageMode(.v6), .enableUpcomingFeature("InternalImportsByDefault")]

let package = Package(
    name: "benchmarks",
    targets: [
        .target(name: "JSONBytes", swiftSettings: optimized),
        .target(name: "Leads", swiftSettings: optimized),
        .target(name: "Features", dependencies: ["Leads"], swiftSettings: optimized),
        .target(name: "Forest", dependencies: ["JSONBytes"], swiftSettings: optimized),
        .systemLibrary(name: "CXGBoost", providers: [.apt(["libxgboost-dev"])]),
        .executableTarget(name: "forest-bench", dependencies: ["Forest", "CXGBoost"], swiftSettings: optimized),
        .executableTarget(name: "features-bench", dependencies: ["Features", "Leads"], swiftSettings: optimized),
    ]
)
