import Leads
import Scoring
import TestSupport
import Testing

@testable import LeadwireServer

struct EventSequencerTests {
    private static func event(_ offset: UInt64, epoch: String = "e") -> CommittedEvent {
        let event = NewEvent(
            tenant: .local, type: .leadScored, id: "\(epoch)\(offset)", timestamp: Timestamp(milliseconds: 0),
            data: Array("{}".utf8), leadID: nil)
        return CommittedEvent(event: event, offset: offset, epoch: epoch)
    }

    private static func events(_ offsets: ClosedRange<UInt64>) -> [CommittedEvent] { offsets.map { event($0) } }

    private func sequencer(at offset: UInt64 = 0) -> EventSequencer {
        EventSequencer(StreamPosition(epoch: "e", offset: offset))
    }

    @Test func `what comes too early waits for what is missing`() {
        var log = sequencer()
        #expect(log.take(committed: [Self.event(3)]).isEmpty)
        #expect(log.mustRead && log.isHolding)
        #expect(log.take(relayed: [Self.event(1)]).map(\.offset) == [1])
        #expect(log.take(relayed: [Self.event(2)]).map(\.offset) == [2, 3])
        #expect(!log.mustRead && !log.isHolding)
    }

    @Test func `whoever tells an event first, it is given out once`() {
        var log = sequencer()
        #expect(log.take(committed: Self.events(1...2)).count == 2)
        #expect(log.take(relayed: Self.events(1...3)).map(\.offset) == [3])
        #expect(log.take(logged: Self.events(1...4).map(LoggedEvent.event)).map(\.offset) == [4])
    }

    @Test func `the store fills a hole, steps over what it no longer has, and what was held follows`() {
        var log = sequencer(at: 2)
        #expect(log.take(committed: [Self.event(9), Self.event(10)]).isEmpty)
        let logged: [LoggedEvent] = [.event(Self.event(5)), .erased(offset: 6), .event(Self.event(8))]
        #expect(log.take(logged: logged).map(\.offset) == [5, 8, 9, 10])
        #expect(log.last == 10 && !log.mustRead)
    }

    @Test func `a relayed event of another epoch is not believed before the store says so`() {
        var log = sequencer(at: 7)
        #expect(log.take(relayed: [Self.event(1, epoch: "new")]).isEmpty)
        #expect(log.mustRead && log.epoch == "e")
        #expect(log.take(committed: [Self.event(3, epoch: "new")]).map(\.offset) == [3])
        #expect(log.epoch == "new" && log.last == 3)
    }

    @Test func `no more than the limit is held, and the store is asked for the rest`() {
        var log = sequencer()
        let many = UInt64(EventSequencer.maximumHeld)
        _ = log.take(relayed: Self.events(2...many + 100))
        #expect(log.take(relayed: [Self.event(1)]).count == Int(many) + 1)
        #expect(!log.isHolding)
        _ = log.take(relayed: [Self.event(many + 200)])
        #expect(log.mustRead)
    }

    @Test(arguments: [1, 2, 3, 4, 5]) func `any order and any repetition ends as the log`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var log = sequencer()
        let all = Self.events(1...200)
        var given: [UInt64] = []
        // Pieces of the log in a random order, many of them twice, some lost; the store is read whenever asked for.
        for _ in 0..<400 {
            let start = Int.random(in: 0..<all.count, using: &generator)
            let piece = Array(all[start..<min(all.count, start + Int.random(in: 1...9, using: &generator))])
            given += log.take(relayed: piece).map(\.offset)
            if log.mustRead, Bool.random(using: &generator) {
                let last = Int(log.last)
                given += log.take(logged: all[last..<min(all.count, last + 3)].map(LoggedEvent.event)).map(\.offset)
            }
        }
        given += log.take(logged: all[Int(log.last)...].map(LoggedEvent.event)).map(\.offset)
        #expect(given == Array(1...200))
    }
}
