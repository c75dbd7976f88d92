import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import Realtime

@Suite(.timeLimit(.minutes(5)))
struct HubRecoveryTests {
    static func subscribe(_ events: String, since offset: UInt64, epoch: String = "e1") -> String {
        #"{"type":"subscribe","events":[\#(events)],"since":{"epoch":"\#(epoch)","offset":\#(offset)}}"#
    }

    static func gap(_ names: String, _ from: UInt64, _ to: UInt64, _ reason: String) -> String {
        #"{"type":"gap","event_types":[\#(names)],"from":\#(from),"to":\#(to),"epoch":"e1","reason":"\#(reason)"}"#
    }

    static func beat(_ offset: UInt64, epoch: String = "e1") -> String {
        #"{"type":"hb","epoch":"\#(epoch)","offset":\#(offset),"timestamp":"2026-11-21T10:00:00.000Z"}"#
    }

    @Test func `what was missed is replayed in order, exactly once, and goes over into what is live`() async throws {
        let still = StillHub()
        await still.publish((1...200).map { StillHub.event($0, $0 % 3 == 0 ? .custom : .leadScored) })
        let client = try await still.connect()
        try await client.send(Self.subscribe(#""lead_scored""#, since: 50))
        await still.publish([StillHub.event(201), StillHub.event(202, .custom), StillHub.event(203)])
        let wanted = ((51...201) + [203]).filter { $0 % 3 != 0 || $0 > 200 }.map { StillHub.text(UInt64($0)) }
        var received = try await client.received()
        #expect(received.removeFirst().hasSuffix(#""offset":200,"recovered":true,"replaying":100}"#))
        // The replay's end is told by a heartbeat; where it falls among live events depends on the turn of the loop.
        let beats = received.filter { $0.contains("\"hb\"") }
        #expect(beats.count == 1)
        #expect(received.filter { !$0.contains("\"hb\"") } == wanted)
        let figures = await still.hub.metrics()
        #expect(figures.recoveryAttempts == 1)
        #expect(figures.recovered == 1)
        #expect(figures.replayed + 2 == UInt64(wanted.count) || figures.replayed == UInt64(wanted.count))
    }

    /// What is committed reaches the log before it reaches the hub, and on another node a beat before.
    @Test func `a log that is ahead of the hub gives no event twice`() async throws {
        let log = TestLog((1...10).map { StillHub.event($0) })
        let still = StillHub(history: log)
        still.hub.setPosition(of: "t1", epoch: "e1", offset: 8)
        let client = try await still.connect()
        try await client.send(Self.subscribe(#""*""#, since: 2))
        let past = try await client.received(8)
        #expect(Array(past[1...]) == (3...8).map { StillHub.text($0) } + [Self.beat(8)])
        await still.publish([StillHub.event(9), StillHub.event(10)])
        #expect(try await client.received() == [StillHub.text(9), StillHub.text(10)])
    }

    @Test func `who asks again during its replay loses nothing of it`() async throws {
        let still = StillHub()
        await still.publish((1...1_000).map { StillHub.event($0) })
        let client = try await still.connect()
        // Both before the first turn of the replay ends.
        try await client.send(
            bytes: ClientFrame.text(Self.subscribe(#""lead_scored""#, since: 0))
                + ClientFrame.text(#"{"type":"subscribe","events":["*"]}"#))
        let events = try await client.received().filter { $0.hasPrefix(#"{"event_type""#) }
        #expect(events == (1...1_000).map { StillHub.text($0) })
    }

    @Test func `a since at the newest event brings nothing to a reader that is behind with others`() async throws {
        let still = StillHub()
        let slow = try await still.subscriber(["lead_scored"])
        try await slow.setWritable(false)
        await still.publish([StillHub.event(1)] + (2...5).map { StillHub.event($0, .custom) })
        try await slow.send(Self.subscribe(#""custom""#, since: 5))
        try await slow.setWritable(true)
        let events = try await slow.received().filter { $0.hasPrefix(#"{"event_type""#) }
        #expect(events == [StillHub.text(1)])
    }

    @Test func `a since at the newest event replays nothing and misses nothing`() async throws {
        let still = StillHub()
        await still.publish([StillHub.event(1), StillHub.event(2)])
        let client = try await still.connect()
        try await client.send(Self.subscribe(#""*""#, since: 2))
        await still.publish([StillHub.event(3)])
        let received = try await client.received()
        #expect(received.count == 2)
        #expect(received[0].hasSuffix(#""recovered":true,"replaying":0}"#))
        #expect(received[1] == StillHub.text(3))
    }

    @Test func `another epoch is told by reset, and the reader goes on live`() async throws {
        let still = StillHub()
        await still.publish([StillHub.event(1), StillHub.event(2)])
        let client = try await still.connect()
        try await client.send(Self.subscribe(#""*""#, since: 1, epoch: "old"))
        let received = try await client.received()
        #expect(received[0].hasSuffix(#""epoch":"e1","offset":2,"recovered":false,"replaying":0}"#))
        #expect(received[1...] == [#"{"type":"reset","epoch":"e1","offset":2,"reason":"epoch_changed"}"#])
        await still.publish([StillHub.event(1, epoch: "e2"), StillHub.event(2, epoch: "e2")])
        #expect(
            try await client.received() == [
                #"{"type":"reset","epoch":"e2","offset":0,"reason":"epoch_changed"}"#,
                StillHub.text(1, epoch: "e2"), StillHub.text(2, epoch: "e2"),
            ])
    }

    @Test func `what memory has lost is announced, for each name its own range, and the rest replayed`() async throws {
        let still = StillHub { $0.historyCount = 10 }
        // lead_scored: 2, 4 … 100; custom: the ten odd offsets from 81 to 99 and before that score_changed.
        await still.publish(
            (1...100).map { StillHub.event($0, $0 % 2 == 0 ? .leadScored : $0 > 80 ? .custom : .scoreChanged) })
        let client = try await still.connect()
        try await client.send(Self.subscribe(#""lead_scored","custom""#, since: 3))
        let received = try await client.received()
        #expect(received[0].contains(#""recovered":false"#))
        #expect(received[1] == Self.gap(#""lead_scored""#, 4, 80, "evicted"))
        let wanted = (81...100).map { StillHub.text($0, $0 % 2 == 0 ? .leadScored : .custom) }
        #expect(Array(received[2...]) == wanted + [Self.beat(100)])
    }

    @Test func `what memory has lost is read from the history, erased events are no gap`() async throws {
        let log = TestLog((1...600).map { StillHub.event($0, $0 % 2 == 0 ? .leadScored : .custom) })
        log.state.withLockedValue { $0.erased = [4, 6, 256, 258] }
        let still = StillHub(history: log) { $0.historyCount = 20 }
        let client = try await still.connect()
        try await client.send(Self.subscribe(#""lead_scored""#, since: 2))
        let wanted = (3...600).filter { $0 % 2 == 0 && ![4, 6, 256, 258].contains($0) }.map {
            StillHub.text(UInt64($0))
        }
        let received = try await client.received(wanted.count + 2)
        #expect(received[0].hasSuffix(#""offset":600,"recovered":true,"replaying":598}"#))
        #expect(Array(received[1...]) == wanted + [Self.beat(600)])
        await still.publish([StillHub.event(601, .custom), StillHub.event(602)])
        #expect(try await client.received() == [StillHub.text(602)])
    }

    @Test func `a hundred readers that resume at one place share the reads`() async throws {
        let log = TestLog((1...300).map { StillHub.event($0) })
        let still = StillHub(history: log)
        var clients: [StillClient] = []
        for index in 0..<100 { clients.append(try await still.connect("u\(index)")) }
        for client in clients { try await client.send(Self.subscribe(#""*""#, since: 10)) }
        for client in clients {
            let received = try await client.received(292)
            #expect(received.count == 292)
            #expect(Array(received[1...290]) == (11...300).map { StillHub.text($0) })
        }
        #expect(log.state.withLockedValue { $0.reads.count } <= 6)
        #expect(log.state.withLockedValue { $0.positions } == 1)
    }

    @Test func `a history that begins later, or can't be read, is a gap with its reason`() async throws {
        let log = TestLog((50...60).map { StillHub.event($0) })
        let still = StillHub(history: log)
        let client = try await still.connect()
        try await client.send(Self.subscribe(#""lead_scored""#, since: 7))
        let received = try await client.received(14)
        #expect(received[1] == Self.gap(#""lead_scored""#, 8, 49, "evicted"))
        #expect(Array(received[2...]) == (50...60).map { StillHub.text($0) } + [Self.beat(60)])
        log.state.withLockedValue { $0.isBroken = true }
        let other = try await still.connect()
        try await other.send(Self.subscribe(#""lead_scored""#, since: 6))
        let announced = try await other.received(3)
        #expect(Array(announced[1...]) == [Self.gap(#""lead_scored""#, 7, 60, "history_unavailable"), Self.beat(60)])
    }

    @Test func `while the history can't tell the position a subscription is refused and can be tried again`()
        async throws
    {
        let log = TestLog([StillHub.event(1)])
        log.state.withLockedValue { $0.isBroken = true }
        let still = StillHub(history: log)
        let client = try await still.connect()
        try await client.send(#"{"type":"subscribe","events":["*"],"id":1}"#)
        try await client.send(#"{"type":"get_status","id":2}"#)
        let refused = try await client.received(2)
        #expect(refused[0].hasPrefix(#"{"type":"error","id":1,"code":"history_unavailable""#))
        #expect(refused[0].hasSuffix(#""retryable":true}"#))
        #expect(refused[1].hasPrefix(#"{"type":"error","id":2,"code":"history_unavailable""#))
        log.state.withLockedValue { $0.isBroken = false }
        try await client.send(#"{"type":"subscribe","events":["*"]}"#)
        #expect(try await client.next().contains(#""offset":1"#))
    }

    @Test func `a replay further back than allowed starts with a gap`() async throws {
        let still = StillHub { $0.maximumReplay = 5 }
        await still.publish((1...20).map { StillHub.event($0) })
        let client = try await still.connect()
        try await client.send(Self.subscribe(#""lead_scored""#, since: 3))
        let received = try await client.received()
        #expect(received[0].hasSuffix(#""recovered":false,"replaying":5}"#))
        #expect(received[1] == Self.gap(#""lead_scored""#, 4, 15, "too_old"))
        #expect(Array(received[2...]) == (16...20).map { StillHub.text($0) } + [Self.beat(20)])
    }

    @Test func `a name added with since brings its past, and nothing of the others twice`() async throws {
        let still = StillHub()
        let client = try await still.subscriber(["lead_scored"])
        await still.publish((1...10).map { StillHub.event($0, $0 % 2 == 0 ? .custom : .leadScored) })
        #expect(try await client.received().count == 5)
        try await client.send(Self.subscribe(#""custom""#, since: 4))
        await still.publish([StillHub.event(11), StillHub.event(12, .custom)])
        let received = try await client.received().filter { !$0.contains("\"hb\"") }
        #expect(
            Array(received[1...])
                == [6, 8, 10].map { StillHub.text($0, .custom) } + [StillHub.text(11), StillHub.text(12, .custom)])
    }

    @Test func `a reader that is ahead waits for the log to arrive, and not for ever`() async throws {
        let still = StillHub()
        await still.publish([StillHub.event(1)])
        let client = try await still.connect()
        try await client.send(Self.subscribe(#""lead_scored""#, since: 3))
        await still.publish((2...5).map { StillHub.event($0) })
        let received = try await client.received().filter { !$0.contains("\"hb\"") }
        #expect(Array(received[1...]) == [StillHub.text(4), StillHub.text(5)])
        let liar = try await still.connect()
        try await liar.send(Self.subscribe(#""lead_scored""#, since: 1_000_000))
        await still.pass(seconds: 4)
        #expect(
            try await liar.received().last == #"{"type":"reset","epoch":"e1","offset":5,"reason":"unknown_offset"}"#)
        await still.publish([StillHub.event(6)])
        #expect(try await liar.received() == [StillHub.text(6)])
    }

    @Test func `a repeated offset is dropped and a missing one is announced`() async throws {
        let still = StillHub()
        let client = try await still.subscriber(["lead_scored"])
        await still.publish([StillHub.event(1), StillHub.event(1), StillHub.event(2)])
        await still.publish([StillHub.event(2), StillHub.event(7)])
        #expect(
            try await client.received() == [
                StillHub.text(1), StillHub.text(2), Self.gap(#""lead_scored""#, 3, 6, "evicted"), StillHub.text(7),
            ])
    }

    @Test func `a missing offset is read from the history`() async throws {
        let log = TestLog((1...7).map { StillHub.event($0) })
        log.state.withLockedValue { $0.events.removeAll { $0.offset > 2 } }
        let still = StillHub(history: log)
        let client = try await still.connect()
        try await client.send(#"{"type":"subscribe","events":["*"]}"#)
        _ = try await client.next()
        log.state.withLockedValue { $0.events += (3...7).map { StillHub.event($0) } }
        await still.publish([StillHub.event(7)])
        #expect(try await client.received(5) == (3...7).map { StillHub.text($0) })
    }

    @Test func `more publications than an inbox holds are found missing, never lost silently`() async throws {
        let still = StillHub { $0.inboxCount = 100 }
        let client = try await still.subscriber(["lead_scored"])
        still.hub.publish((1...250).map { StillHub.event($0) })
        let received = try await client.received(101)
        #expect(received[0] == Self.gap(#""lead_scored""#, 1, 150, "evicted"))
        #expect(Array(received[1...]) == (151...250).map { StillHub.text($0) })
    }

    @Test func `an erased subject is gone from rings and replays, and is no gap`() async throws {
        let still = StillHub()
        await still.publish((1...6).map { StillHub.event($0, subject: $0 % 2 == 0 ? "lead-7" : "lead-8") })
        still.hub.erase(subject: "lead-7", tenant: "t1")
        still.hub.erase(offsets: [5], tenant: "t1")
        await still.publish([StillHub.event(7)])
        let client = try await still.connect()
        try await client.send(Self.subscribe(#""*""#, since: 0))
        let received = try await client.received()
        #expect(received[0].contains(#""recovered":true"#))
        #expect(Array(received[1...]) == [1, 3, 7].map { StillHub.text($0) } + [Self.beat(7)])
    }

    @Test func `rings forget by age, and all of them together by bytes`() async throws {
        let still = StillHub { $0.totalHistoryBytes = 20_000 }
        await still.publish(
            (1...200).map { StillHub.event($0, data: "{\"n\":\"\(String(repeating: "x", count: 200))\"}") })
        await still.pass(seconds: 1)
        let history = await still.hub.metrics().history
        #expect(history.count == 1)
        #expect(history[0].bytes <= 20_000)
        #expect(history[0].last == 200)
        #expect(history[0].first > 100)
    }
}
