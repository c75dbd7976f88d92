import NIOCore
import Testing

@testable import LeadwireClient

struct StreamMachineTests {
    @Test func `a first subscription asks for no past, a later one resumes from the last event`() {
        var stream = StillStream()
        stream.start()
        #expect(stream.take() == [.yield(.state(.connecting(failures: 0))), .open(attempt: 1, token: nil)])
        stream.opened()
        #expect(
            stream.take().compactMap(\.text) == [#"{"type":"subscribe","id":"subscribe-1","events":["lead_scored"]}"#])
        stream.subscribed(offset: 7)
        guard case .live(let subscription)? = stream.last else { return #expect(Bool(false), "not live") }
        #expect(subscription.recovered == nil && subscription.position.offset == 7)
        stream.event(8)
        stream.event(9)
        #expect(stream.offsets() == [8, 9])
        stream.closed(.lost)
        #expect(stream.take().first == .drop)
        stream.comeBack()
        stream.opened()
        #expect(
            stream.take().compactMap(\.text) == [
                #"{"type":"subscribe","id":"subscribe-2","events":["lead_scored"],"since":{"epoch":"e1","offset":9}}"#
            ])
    }

    @Test func `a duplicate is dropped and a later event is not`() {
        var stream = StillStream(since: LeadwirePosition(epoch: "e1", offset: 4))
        stream.goLive(offset: 9, recovered: true)
        for offset: UInt64 in [3, 4, 5, 5, 7, 6, 8] { stream.event(offset) }
        #expect(stream.offsets() == [5, 7, 8])
        #expect(stream.machine.duplicates == 4)
    }

    @Test func `a heartbeat moves the cursor, and an erased event does too`() {
        var stream = StillStream()
        stream.goLive(offset: 1)
        stream.hears(#"{"type":"hb","epoch":"e1","offset":50,"timestamp":"x"}"#)
        #expect(stream.machine.cursor == LeadwirePosition(epoch: "e1", offset: 50))
        stream.hears(#"{"type":"hb","epoch":"e1","offset":40,"timestamp":"x"}"#)
        #expect(stream.machine.cursor?.offset == 50)
        stream.hears(#"{"event_type":"erased","offset":51}"#)
        #expect(stream.machine.cursor?.offset == 51)
        #expect(stream.offsets() == [])
    }

    @Test func `a gap is an item, and events of other names from its range still come`() {
        var stream = StillStream(since: LeadwirePosition(epoch: "e1", offset: 4))
        stream.goLive(offset: 9)
        _ = stream.take()
        stream.hears(#"{"type":"gap","event_types":["lead_scored"],"from":5,"to":8,"epoch":"e1","reason":"evicted"}"#)
        let gap = LeadwireGap(names: [.leadScored], offsets: 5...8, epoch: "e1", reason: "evicted")
        #expect(stream.items() == [.gap(gap)])
        stream.event(6)
        #expect(stream.offsets() == [6])
    }

    @Test func `a position that could not be recovered is followed by a reset that counts from then on`() {
        var stream = StillStream(since: LeadwirePosition(epoch: "old", offset: 900))
        stream.goLive(offset: 3)
        guard case .live(let subscription)? = stream.last else { return #expect(Bool(false), "not live") }
        #expect(subscription.recovered == false)
        _ = stream.take()
        stream.hears(#"{"type":"reset","epoch":"e1","offset":3,"reason":"epoch_changed"}"#)
        let position = LeadwirePosition(epoch: "e1", offset: 3)
        #expect(stream.items() == [.reset(LeadwireReset(position: position, reason: "epoch_changed"))])
        stream.event(3)
        stream.event(4)
        #expect(stream.offsets() == [4])
    }

    @Test func `an epoch that nobody announced is announced by the client`() {
        var stream = StillStream()
        stream.goLive(offset: 10)
        _ = stream.take()
        stream.event(2, epoch: "e2")
        let items = stream.items()
        let before = LeadwirePosition(epoch: "e2", offset: 1)
        #expect(items.first == .reset(LeadwireReset(position: before, reason: "epoch_changed")))
        #expect(items.count == 2 && stream.machine.cursor == LeadwirePosition(epoch: "e2", offset: 2))
    }

    @Test func `an event before the answer to the subscription does not move the cursor over what is replayed`() {
        var stream = StillStream(since: LeadwirePosition(epoch: "e1", offset: 4))
        stream.start()
        stream.opened()
        stream.event(9)
        stream.subscribed(offset: 9, recovered: true)
        for offset: UInt64 in 5...9 { stream.event(offset) }
        #expect(stream.offsets() == [5, 6, 7, 8, 9])
    }

    @Test(arguments: [1001, 1006, 1011, 1012, 1013, 3000, 3499, 4000, 4005, 4008, 4499] as [UInt16])
    func `a code of the reconnect class leads to a wait`(code: UInt16) {
        var stream = StillStream()
        stream.goLive()
        stream.closed(code)
        #expect(stream.last == .waiting(delay: .milliseconds(500), because: .closed(code: Int(code), reason: "")))
    }

    @Test(arguments: [1000, 1002, 1003, 1005, 1007, 1009, 3500, 3999, 4500, 4501, 4999] as [UInt16])
    func `a terminal code ends the stream, and nothing starts it again`(code: UInt16) {
        var stream = StillStream()
        stream.goLive()
        _ = stream.take()
        stream.closed(code)
        let end = LeadwireState.ended(.closed(code: Int(code), reason: ""))
        #expect(stream.take() == [.drop, .yield(.state(end)), .finish])
        stream.advance(.hours(1))
        stream.demand(false)
        stream.demand(true)
        stream.start()
        #expect(stream.take() == [] && stream.machine.deadline == nil)
    }

    @Test func `going away is obeyed to the millisecond, even if the close frame is lost`() {
        var stream = StillStream()
        stream.goLive()
        stream.hears(#"{"type":"going_away","reconnect":true,"after_ms":1834}"#)
        stream.closed(.lost)
        #expect(stream.last == .waiting(delay: .milliseconds(1_834), because: .lost))
        _ = stream.take()
        stream.advance(.milliseconds(1_833))
        #expect(stream.take() == [])
        stream.advance(.milliseconds(1))
        #expect(stream.take().last == .open(attempt: 2, token: nil))
        stream.closed(.unreachable)
        #expect(stream.last == .waiting(delay: .seconds(1), because: .unreachable), "asked for once only")
    }

    @Test func `a server that goes away for good ends the stream`() {
        var stream = StillStream()
        stream.goLive()
        stream.hears(#"{"type":"going_away","reconnect":false}"#)
        stream.closed(1001)
        #expect(stream.last == .ended(.goneAway))
    }

    @Test func `waits double up to the longest, and a settled connection makes them short again`() {
        var stream = StillStream { $0.longestDelay = .seconds(4) }
        stream.start()
        var waits: [Duration] = []
        for _ in 0..<6 {
            stream.closed(.unreachable)
            if case .waiting(let delay, _)? = stream.last { waits.append(delay) }
            stream.advance(.seconds(4))
        }
        #expect(waits == [0.5, 1, 2, 4, 4, 4].map { .seconds($0) })
        stream.opened()
        stream.subscribed()
        stream.closed(.lost)
        #expect(stream.last == .waiting(delay: .seconds(4), because: .lost), "live for no time at all")
        stream.advance(.seconds(4))
        stream.opened()
        stream.subscribed()
        stream.advance(.seconds(10))
        stream.closed(.lost)
        #expect(stream.last == .waiting(delay: .milliseconds(500), because: .lost))
    }

    @Test func `a handshake that nobody answers is given up at its deadline, at each of its stages`() {
        for stages in 0...2 {
            var stream = StillStream(hasTokens: true)
            stream.start()
            if stages > 0 { stream.token("t") }
            if stages > 1 { stream.opened() }
            _ = stream.take()
            stream.advance(.milliseconds(14_999))
            #expect(stream.take() == [])
            stream.advance(.milliseconds(1))
            let reason: LeadwireInterruption = stages == 0 ? .tokenUnavailable : .unreachable
            #expect(stream.last == .waiting(delay: .milliseconds(500), because: reason), "stage \(stages)")
        }
    }

    @Test func `silence is probed at half time and ends the connection; any byte is a sign of life`() {
        var stream = StillStream()
        stream.goLive()
        _ = stream.take()
        stream.advance(.seconds(30))
        #expect(stream.take().compactMap(\.text) == [#"{"type":"ping"}"#])
        stream.advance(.seconds(29))
        stream.machine.heard(attempt: 1, at: stream.now)
        stream.advance(.seconds(2))
        #expect(stream.take() == [])
        stream.advance(.seconds(58))
        #expect(stream.last == .waiting(delay: .milliseconds(500), because: .silent))
    }

    @Test func `a consumer that is behind stops the reading, and no silence is held against the server`() {
        var stream = StillStream()
        stream.goLive()
        _ = stream.take()
        stream.demand(false)
        #expect(!stream.machine.wantsBytes)
        stream.advance(.seconds(300))
        #expect(stream.take() == Array(repeating: .sendPong, count: 60))
        stream.demand(true)
        #expect(stream.machine.wantsBytes)
        stream.advance(.seconds(29))
        #expect(stream.take() == [])
    }

    @Test func `a consumer that is behind is not reconnected until it has room`() {
        var stream = StillStream()
        stream.goLive()
        stream.demand(false)
        stream.closed(4008)
        _ = stream.take()
        stream.advance(.hours(1))
        #expect(stream.take() == [] && stream.machine.state == .held)
        stream.demand(true)
        #expect(stream.take() == [.yield(.state(.connecting(failures: 1))), .open(attempt: 2, token: nil)])
    }

    @Test func `what an earlier attempt still says is not heard`() {
        var stream = StillStream()
        stream.goLive()
        stream.closed(.lost)
        stream.comeBack()
        _ = stream.take()
        #expect(stream.machine.opened(attempt: 1, at: stream.now) == [])
        #expect(stream.machine.closed(.frame(code: 4501, reason: ""), attempt: 1, at: stream.now) == [])
        #expect(stream.machine.received([], attempt: 1, at: stream.now) == [])
        #expect(stream.machine.tokenFetched("t", for: .handshake, attempt: 1, at: stream.now) == [])
    }

    @Test func `the consumer's leaving says goodbye, and nothing else`() {
        var stream = StillStream()
        stream.goLive()
        _ = stream.take()
        stream.stop()
        #expect(stream.take() == [.close(1000)])
        #expect(stream.machine.deadline == nil)
    }
}
