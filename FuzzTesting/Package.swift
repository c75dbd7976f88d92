// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that fuzzing resolves none of the server's dependencies. Sources/JSONBytes, Sources/Forest and
// Sources/RESP are links to the product's sources. Built by run.sh with libFuzzer and AddressSanitizer.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
    // Both in one flag: of `--sanitize=fuzzer --sanitize=address` the compiler obeys the last, in no fixed order, and
    // half of all builds came out without coverage. run.sh still says --sanitize=fuzzer, for libFuzzer's `main`.
    .unsafeFlags(["-sanitize=fuzzer,address"]),
]

// libFuzzer brings `main`; the targets only define what it calls.
let fuzzTarget = strict + [.unsafeFlags(["-parse-as-library"])]

let linker: [LinkerSetting] = [.unsafeFlags(["-sanitize=fuzzer,address"])]

let package = Package(
    name: "leadwire-fuzz",
    targets: [
        .target(name: "JSONBytes", swiftSettings: strict),
        .target(name: "Forest", dependencies: ["JSONBytes"], swiftSettings: strict),
        .target(name: "RESP", swiftSettings: strict),
        .executableTarget(
            name: "FuzzRESP", dependencies: ["RESP"], swiftSettings: fuzzTarget, linkerSettings: linker),
        .executableTarget(
            name: "FuzzJSON", dependencies: ["JSONBytes"], swiftSettings: fuzzTarget, linkerSettings: linker),
        .executableTarget(
            name: "FuzzForest", dependencies: ["Forest"], swiftSettings: fuzzTarget, linkerSettings: linker),
    ]
)
