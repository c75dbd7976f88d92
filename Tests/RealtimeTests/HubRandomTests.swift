import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import Testing

@testable import Realtime

#if canImport(Glibc)
    import Glibc
#endif

/// Random lives of many clients over both transports. `LEADWIRE_SEED=N` replays one of them alone.
@Suite(.timeLimit(.minutes(5)))
struct HubRandomTests {
    private static let seeds: [UInt64] =
        getenv("LEADWIRE_SEED").flatMap { UInt64(String(cString: $0)) }.map { [$0] }
        ?? Array(1...8)
    private static let types: [EventName] = [.leadScored, .custom, .scoreChanged, .botStatus]
    private static let readerCount = 24
    private static let steps = 500

    /// Even seeds have a durable log behind the rings, so that nothing at all may be missing but older states.
    @Test(arguments: seeds)
    func `whatever happens, each client sees the log once and in order, or is told what it missed`(
        _ seed: UInt64
    ) async throws {
        var random = SplitMix(state: seed)
        let log = TestLog([])
        let hasHistory = seed % 2 == 0
        let still = StillHub(history: hasHistory ? log : nil) {
            $0.historyCount = 24
            $0.commandBurst = 1_000_000
        }
        let readers = (0..<Self.readerCount).map { index in
            RandomReader(
                names: Self.types.filter { _ in Bool.random(using: &random) } + [.outcomeRecorded],
                onlyEven: index % 3 == 0, role: index % 4 == 0 ? .viewer : .admin, isStream: index % 2 == 0)
        }
        still.hub.setPosition(of: "t1", epoch: "e1", offset: 0)
        var published: [Publication] = []
        var committed: [Publication] = []
        for _ in 0..<Self.steps {
            // The log's own pace is a part of the life, too: else threads would decide what happens, and no seed replay it.
            if Int.random(in: 0..<10, using: &random) == 0 {
                log.hold()
            } else {
                log.release()
                await still.finishReads()
            }
            if Int.random(in: 0..<100, using: &random) < 45 {
                let batch = Self.events(after: UInt64(published.count), &random)
                published += batch
                log.state.withLockedValue { $0.events += batch }
                committed += batch
                // What is committed stands in the log before it comes here, at times for some steps.
                if Int.random(in: 0..<4, using: &random) > 0 {
                    await still.publish(committed)
                    committed = []
                }
                if !log.state.withLockedValue({ $0.isHeld }) { await still.finishReads() }
            }
            for _ in 0..<4 {
                let reader = readers[Int.random(in: 0..<readers.count, using: &random)]
                try await Self.act(reader, still, &random)
                if !log.state.withLockedValue({ $0.isHeld }) { await still.finishReads() }
            }
            if Int.random(in: 0..<100, using: &random) < 5 { try await advance(still, readers) }
        }
        log.release()
        await still.publish(committed)
        try await settle(still, readers, log, &published)
        let replay: Comment = "replay with LEADWIRE_SEED=\(seed)"
        let top = UInt64(published.count)
        for (index, reader) in readers.enumerated() {
            #expect(reader.cursor == top, "reader \(index); \(replay)")
            #expect(reader.faults(published) == [], "reader \(index); \(replay)")
            if hasHistory {
                #expect(
                    reader.gaps.filter { !$0.names.isEmpty && !$0.names.contains("bot_status") }.isEmpty,
                    "reader \(index); \(replay)")
            }
        }
        #expect(readers.reduce(0) { $0 + $1.delivered.count } > 5_000, replay)
        #expect(readers.reduce(0) { $0 + $1.counts.connects } > 300, replay)
        #expect(readers.reduce(0) { $0 + $1.counts.drops } > 250, replay)
        #expect(readers.reduce(0) { $0 + $1.counts.resubscribes } > 50, replay)
        #expect(readers.reduce(0) { $0 + $1.counts.stalls } > 100, replay)
        for reader in readers { try await reader.drop(after: 1) }
        let figures = await still.hub.metrics()
        #expect(figures.connections.active == 0 && figures.distinctFilters == 0 && figures.lagging == 0, replay)
    }

    private static func event(_ offset: UInt64, _ name: EventName, audience: Audience = .subscribers) -> Publication {
        StillHub.event(
            offset, name, data: #"{"n":\#(offset),"even":\#(offset % 2 == 0)}"#, audience: audience,
            stateKey: name == .botStatus ? "bot\(offset % 3)" : nil)
    }

    private static func events(after top: UInt64, _ random: inout SplitMix) -> [Publication] {
        (1...UInt64.random(in: 1...12, using: &random)).map { step in
            let isForSome = Int.random(in: 0..<10, using: &random) == 0
            let role: Role = Bool.random(using: &random) ? .viewer : .admin
            return event(
                top + step, types.randomElement(using: &random) ?? .custom,
                audience: isForSome ? Audience(roles: [role]) : .subscribers)
        }
    }

    private static func act(_ reader: RandomReader, _ still: StillHub, _ random: inout SplitMix) async throws {
        guard reader.isConnected else {
            return try await reader.connect(to: still, isChunked: Bool.random(using: &random))
        }
        switch Int.random(in: 0..<100, using: &random) {
        case ..<30: try await reader.drop(after: Double.random(in: 0...1, using: &random))
        case ..<55: try await reader.toggleReading()
        case ..<70: try await reader.resubscribe()
        default: try await reader.collect()
        }
    }

    /// The last event is for everybody, so that all are done when they have it.
    private func settle(
        _ still: StillHub, _ readers: [RandomReader], _ log: TestLog, _ published: inout [Publication]
    ) async throws {
        repeat {
            let last = Self.event(UInt64(published.count) + 1, .outcomeRecorded)
            published.append(last)
            log.state.withLockedValue { $0.events.append(last) }
            await still.publish([last])
        } while published.count % 2 == 1
        let top = UInt64(published.count)
        for _ in 0..<200 where readers.contains(where: { $0.cursor != top }) {
            try Task.checkCancellation()
            for reader in readers {
                if !reader.isConnected { try await reader.connect(to: still, isChunked: true) }
                try await reader.read()
            }
            await still.finishReads()
            try await advance(still, readers)
        }
    }

    /// A second passes; whoever takes bytes gives a sign of life.
    private func advance(_ still: StillHub, _ readers: [RandomReader]) async throws {
        await still.pass(seconds: 1)
        for reader in readers { try await reader.answerPing() }
    }
}
