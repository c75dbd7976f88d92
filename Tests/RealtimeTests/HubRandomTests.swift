import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import Testing

@testable import Realtime

/// Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// One client over its whole life, connections come and go: what it saw must be the log.
final class RandomReader {
    let names: [EventName]
    let onlyEven: Bool
    var client: StillClient?
    var isWritable = true
    /// Where it would resume; nil before its first subscription.
    var cursor: UInt64?
    private(set) var start: UInt64 = 0
    private(set) var delivered: [UInt64] = []
    private(set) var gaps: [(names: Set<String>, range: ClosedRange<UInt64>)] = []
    private(set) var surprises: [String] = []

    init(names: [EventName], onlyEven: Bool) {
        self.names = names
        self.onlyEven = onlyEven
    }

    var subscribe: String {
        let list = names.map { "\"\($0.rawValue)\"" }.joined(separator: ",")
        let filter = onlyEven ? #","filter":{"eq":["even",true]}"# : ""
        let since = cursor.map { #","since":{"epoch":"e1","offset":\#($0)}"# } ?? ""
        return #"{"type":"subscribe","events":[\#(list)]\#(filter)\#(since)}"#
    }

    func collect() async throws {
        guard let client else { return }
        for message in try await client.received() { take(message) }
        if !client.isActive {
            self.client = nil
            isWritable = true
        }
    }

    private func number(_ key: String, _ message: String) -> UInt64 {
        guard let start = message.firstRange(of: "\"\(key)\":")?.upperBound else { return .max }
        return UInt64(message[start...].prefix { $0.isNumber }) ?? .max
    }

    private func take(_ message: String) {
        if message.hasPrefix(#"{"event_type""#) {
            let offset = number("offset", message)
            if let last = delivered.last, offset <= last { surprises.append("\(offset) after \(last)") }
            delivered.append(offset)
            cursor = max(cursor ?? 0, offset)
        } else if message.hasPrefix(#"{"type":"hb""#) {
            cursor = max(cursor ?? 0, number("offset", message))
        } else if message.hasPrefix(#"{"type":"gap""#) {
            let (from, to) = (number("from", message), number("to", message))
            guard from <= to else { return surprises.append(message) }
            gaps.append((Set(names.map(\.rawValue).filter { message.contains("\"\($0)\"") }), from...to))
        } else if message.hasPrefix(#"{"type":"subscription_updated""#) {
            guard cursor == nil else { return }
            start = number("offset", message)
            cursor = start
        } else if !message.hasPrefix("<") {
            surprises.append(message)
        }
    }

    /// What of the log it neither saw nor was told to have missed, and what it should not have seen.
    func faults(_ log: [Publication]) -> [String] {
        let wanted = log.filter {
            $0.offset > start && names.contains($0.name) && (!onlyEven || $0.offset % 2 == 0)
        }
        let seen = Set(delivered)
        let lost = wanted.filter { event in
            !seen.contains(event.offset)
                && !gaps.contains { $0.range.contains(event.offset) && $0.names.contains(event.name.rawValue) }
        }
        let foreign = seen.subtracting(wanted.map(\.offset))
        return surprises + lost.map { "lost \($0.offset)" } + foreign.map { "not wanted \($0)" }
    }
}

@Suite(.timeLimit(.minutes(2)))
struct HubRandomTests {
    /// Even seeds have a durable log behind the rings, so that nothing at all may be missing.
    @Test(arguments: Array(1...8) as [UInt64])
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
        let types: [EventName] = [.leadScored, .custom, .scoreChanged, .botStatus]
        let readers = (0..<12).map { index in
            RandomReader(
                names: types.filter { _ in Bool.random(using: &random) } + [.outcomeRecorded], onlyEven: index % 3 == 0)
        }
        var published: [Publication] = []
        for _ in 0..<400 {
            let reader = readers[Int.random(in: 0..<readers.count, using: &random)]
            switch Int.random(in: 0..<100, using: &random) {
            case ..<45:
                let first = UInt64(published.count) + 1
                let batch = (0..<UInt64.random(in: 1...20, using: &random)).map { step in
                    let offset = first + step
                    return StillHub.event(
                        offset, types.randomElement(using: &random) ?? .custom,
                        data: #"{"n":\#(offset),"even":\#(offset % 2 == 0)}"#)
                }
                published += batch
                log.state.withLockedValue { $0.events += batch }
                await still.publish(batch)
            case ..<70 where reader.client == nil:
                let client = try await still.connect()
                reader.client = client
                try await client.send(reader.subscribe)
            case ..<70:
                try await reader.collect()
                if let client = reader.client, reader.cursor != nil { try await client.send(reader.subscribe) }
            case ..<78:
                try await reader.collect()
                if let client = reader.client {
                    _ = try await client.channel.finish(acceptAlreadyClosed: true)
                    reader.client = nil
                    reader.isWritable = true
                }
            case ..<95:
                if let client = reader.client {
                    reader.isWritable.toggle()
                    try await client.setWritable(reader.isWritable)
                }
            default: try await advance(still, readers)
            }
            for reader in readers { try await reader.collect() }
        }
        // The last one is for everybody, so that all are done when they have it.
        repeat {
            let offset = UInt64(published.count) + 1
            let last = StillHub.event(
                offset, .outcomeRecorded, data: #"{"n":\#(offset),"even":\#(offset % 2 == 0)}"#)
            published.append(last)
            log.state.withLockedValue { $0.events.append(last) }
            await still.publish([last])
        } while published.count % 2 == 1
        let end = ContinuousClock.now + .seconds(20)
        let top = UInt64(published.count)
        while readers.contains(where: { $0.cursor != top }), ContinuousClock.now < end {
            for reader in readers {
                if let client = reader.client, !reader.isWritable {
                    reader.isWritable = true
                    try await client.setWritable(true)
                }
                if reader.client == nil {
                    let client = try await still.connect()
                    reader.client = client
                    try await client.send(reader.subscribe)
                }
            }
            try await advance(still, readers)
            await Task.yield()
        }
        for (index, reader) in readers.enumerated() {
            #expect(reader.cursor == top, "seed \(seed), reader \(index)")
            #expect(reader.faults(published) == [], "seed \(seed), reader \(index)")
            if hasHistory {
                #expect(reader.gaps.filter { !$0.names.isEmpty && !$0.names.contains("bot_status") }.isEmpty)
            }
        }
        #expect(readers.reduce(0) { $0 + $1.delivered.count } > 3_000)
    }

    /// A second passes; whoever takes bytes gives a sign of life.
    private func advance(_ still: StillHub, _ readers: [RandomReader]) async throws {
        await still.pass(seconds: 1)
        for reader in readers {
            try await reader.collect()
            if let client = reader.client, reader.isWritable { try await client.send(bytes: ClientFrame.pong()) }
        }
    }
}
