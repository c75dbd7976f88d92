import Foundation
import Leads
public import Scoring
import Testing

/// A process that commits with sixteen tasks at once and is killed without warning, again and again over the same
/// storage. Whatever it had acknowledged must stand there afterwards.
public struct CrashRun: Sendable {
    public struct Acknowledgement: Hashable, Sendable {
        public var leadID: String
        public var offset: UInt64
        public var epoch: String
    }

    /// Everything that was acknowledged in all rounds so far.
    public private(set) var acknowledged: [Acknowledgement] = []
    /// Chooses the moments of death: SplitMix64, so they are the same in every run, as far as a moment can be.
    private var seed: UInt64

    public init(seed: UInt64) {
        self.seed = seed
    }

    /// Built beside the test binary, because the test target depends on it.
    private static let helper = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appending(path: "StoreCrashHelper")

    private mutating func next(_ bound: UInt64) -> Int {
        seed &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (seed ^ seed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ mixed >> 31) % bound)
    }

    /// Starts `StoreCrashHelper` and kills it after some acknowledgements; what was written into the pipe by then counts
    /// too.
    ///
    /// - Parameters:
    ///   - arguments: of the helper.
    ///   - environment: what the helper sees besides this process's own.
    ///   - count: acknowledgements before the kill; nil draws 1...600.
    /// - Throws: what starting it throws, and when it ended by itself.
    public mutating func runAndKill(
        _ arguments: [String], environment: [String: String] = [:], after count: Int? = nil
    ) async throws {
        let count = count ?? 1 + next(600)
        let process = Process()
        process.executableURL = CrashRun.helper
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        var output = Data()
        var lines = 0
        var isKilled = false
        for await chunk in Self.chunks(of: pipe) {
            output += chunk
            lines += chunk.count { $0 == UInt8(ascii: "\n") }
            if lines >= count, !isKilled {
                isKilled = true
                kill(process.processIdentifier, SIGKILL)
            }
        }
        // The pipe is at its end when the process is.
        try #require(isKilled, "the helper ended by itself")
        let whole = output.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let killed = try whole.dropLast().map { line in
            let words = String(decoding: line, as: UTF8.self).split(separator: " ").map(String.init)
            try #require(words.count == 3)
            return Acknowledgement(leadID: words[0], offset: try #require(UInt64(words[1])), epoch: words[2])
        }
        #expect(!killed.isEmpty)
        acknowledged += killed
    }

    /// What comes out of a pipe until its last writer is gone, read by a thread of its own: Foundation's readability and
    /// termination handlers were seen to lose the end.
    private static func chunks(of pipe: Pipe) -> AsyncStream<Data> {
        let (chunks, source) = AsyncStream<Data>.makeStream()
        Thread.detachNewThread {
            while case let chunk = pipe.fileHandleForReading.availableData, !chunk.isEmpty { source.yield(chunk) }
            source.finish()
        }
        return chunks
    }

    /// Nothing is lost, the log has no holes, and its epoch has not changed.
    public func check(in store: any LeadStore) async throws {
        let position = try await store.position(of: Sample.tenant)
        let log = try await store.events(after: 0, tenant: Sample.tenant, limit: .max)
        #expect(log.map(\.offset) == Array(1...position.offset), "offsets are dense")
        var leads: [UInt64: String] = [:]
        for case .event(let committed) in log { leads[committed.offset] = committed.event.leadID }
        let lost = acknowledged.filter { leads[$0.offset] != $0.leadID }
        #expect(lost.isEmpty, "events lost: \(lost.count) of \(acknowledged.count)")
        let states = try await store.states(of: acknowledged.map(\.leadID), tenant: Sample.tenant)
        let scoreless = acknowledged.filter { states[$0.leadID]?.latest == nil }
        #expect(scoreless.isEmpty, "scores lost: \(scoreless.count) of \(acknowledged.count)")
        #expect(Set(acknowledged.map(\.epoch)) == [position.epoch])
    }
}
