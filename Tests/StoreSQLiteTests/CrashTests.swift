import Foundation
import GRDB
import Leads
import Scoring
import StoreConformance
import Testing

@testable import StoreSQLite

/// A process that commits with sixteen tasks at once is killed without warning, again and again over the same file.
/// Whatever it had acknowledged must stand there afterwards.
@Suite(.serialized) struct CrashTests {
    private struct Acknowledgement: Hashable {
        var leadID: String
        var offset: UInt64
        var epoch: String
    }

    /// Built beside the test binary, because the test target depends on it.
    private static let helper = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appending(path: "StoreCrashHelper")

    /// Kills after so many acknowledgements have been read; what was written into the pipe by then counts too.
    private func run(_ path: String, round: Int, _ durability: Durability, killAfter count: Int) async throws
        -> [Acknowledgement]
    {
        let process = Process()
        process.executableURL = CrashTests.helper
        process.arguments = [path, "\(round)", durability.rawValue]
        let pipe = Pipe()
        process.standardOutput = pipe
        let (chunks, source) = AsyncStream<Data>.makeStream()
        pipe.fileHandleForReading.readabilityHandler = { handle in
            let data = handle.availableData
            if data.isEmpty {
                handle.readabilityHandler = nil
                source.finish()
            } else {
                source.yield(data)
            }
        }
        // Not `waitUntilExit`: it turns the run loop of whatever thread the task happens to be on.
        let (ends, end) = AsyncStream<Process.TerminationReason>.makeStream()
        process.terminationHandler = { ended in
            end.yield(ended.terminationReason)
            end.finish()
        }
        try process.run()
        var output = Data()
        var lines = 0
        var isKilled = false
        for await chunk in chunks {
            output += chunk
            lines += chunk.count { $0 == UInt8(ascii: "\n") }
            if lines >= count, !isKilled {
                isKilled = true
                kill(process.processIdentifier, SIGKILL)
            }
        }
        let reason = await ends.first { _ in true }
        try #require(reason == .uncaughtSignal, "the helper ended by itself")
        let whole = output.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        return try whole.dropLast().map { line in
            let words = String(decoding: line, as: UTF8.self).split(separator: " ").map(String.init)
            try #require(words.count == 3)
            return Acknowledgement(
                leadID: words[0], offset: try #require(UInt64(words[1])), epoch: words[2])
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: [Durability.full, .process])
    func `a killed process loses nothing that it acknowledged`(_ durability: Durability) async throws {
        let harness = try SQLiteHarness()
        // SplitMix64, seeded: the moments of death are the same in every run, as far as a moment can be.
        var state: UInt64 = durability == .full ? 11 : 29
        func next(_ bound: UInt64) -> Int {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
            return Int((mixed ^ mixed >> 31) % bound)
        }
        var acknowledged: [Acknowledgement] = []
        for round in 0..<5 {
            let killed = try await run(harness.path, round: round, durability, killAfter: 1 + next(600))
            #expect(!killed.isEmpty)
            acknowledged += killed
            let store = try harness.openStore()
            try await check(acknowledged, in: store)
            await store.close()
        }
        #expect(try harness.sql { try String.fetchOne($0, sql: "PRAGMA integrity_check") } == "ok")
        #expect(Set(acknowledged.map(\.epoch)).count == 1)
    }

    private func check(_ acknowledged: [Acknowledgement], in store: SQLiteLeadStore) async throws {
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
    }
}
