import JSONBytes
import Leads
import Realtime
import Scoring
import Testing

@testable import LeadwireServer

/// `GET /events/history`, and the page that it is.
@Suite(.timeLimit(.minutes(5)))
struct EventHistoryTests {
    private static let path = "/api/v1/ml/events/history"

    /// A log of `count` events whose first `lost` are no longer kept; every fifth is erased, every third an outcome,
    /// every seventh for administrators only.
    private struct Log {
        var count: UInt64
        var lost: UInt64 = 0

        func events(after offset: UInt64, limit: Int) -> [LoggedEvent] {
            (1...max(1, count)).filter { $0 > offset && $0 > lost && $0 <= count }.prefix(limit).map(entry)
        }

        func entry(_ offset: UInt64) -> LoggedEvent {
            if offset % 5 == 0 { return .erased(offset: offset) }
            let type: EventType = offset % 7 == 0 ? .userActivity : offset % 3 == 0 ? .outcomeRecorded : .leadScored
            let data = Array("{\"n\":\(offset)}".utf8)
            let event = NewEvent(
                tenant: .local, type: type, id: "i\(offset)", timestamp: Timestamp(milliseconds: 0),
                data: type == .userActivity ? BroadcastEnvelope.seal(data, audience: .subscribers) : data, leadID: nil)
            return .event(CommittedEvent(event: event, offset: offset, epoch: "e"))
        }

        func page(
            since: UInt64? = nil, reverse: Bool = false, limit: Int = 100, names: [EventName] = EventName.allCases,
            role: Role = .admin
        ) throws -> JSONElement {
            var page = EventPage(
                position: Scoring.StreamPosition(epoch: "e", offset: count), since: since, isReverse: reverse,
                limit: limit, names: Set(names), principal: Principal(user: "u", role: role, tenant: "t"))
            while let window = page.window { page.take(events(after: window.after, limit: window.limit), of: window) }
            return try JSONDocument(parsing: page.json(isReset: false)).root
        }
    }

    private func offsets(_ page: JSONElement) -> [Int] {
        page["events"]?.elements.compactMap { $0["offset"]?.int } ?? []
    }

    private func place(_ page: JSONElement) -> UInt64? {
        page["next"]?.string.flatMap { UInt64($0.dropFirst(2)) }
    }

    @Test(arguments: [0, 1, 2, 255, 256, 257, 600] as [UInt64], [1, 7, 1_000])
    func `page by page, forward and back, is the log once and in order`(_ count: UInt64, _ limit: Int) throws {
        for lost in [0, 1, 300] as [UInt64] where lost <= count {
            let log = Log(count: count, lost: lost)
            let wanted = (1...1_000).filter { $0 <= Int(count) && $0 > Int(lost) && $0 % 5 != 0 && $0 % 7 != 0 }
            for isReverse in [false, true] {
                var all: [Int] = []
                var since: UInt64?
                var pages = 0
                while true {
                    let page = try log.page(since: since, reverse: isReverse, limit: limit, role: .viewer)
                    all += offsets(page)
                    pages += 1
                    #expect(offsets(page).count <= limit && page["gap"] == nil && pages < 2_000)
                    if page["complete"]?.bool == true { break }
                    let next = try #require(place(page))
                    since = next
                }
                #expect(all == (isReverse ? wanted.reversed() : wanted), "\(count) \(lost) \(isReverse)")
            }
        }
    }

    @Test func `what is no longer kept is announced to who asks for it`() throws {
        let page = try Log(count: 50, lost: 20).page(since: 10)
        #expect(page["gap"]?["from"]?.int == 11 && page["gap"]?["to"]?.int == 20)
        #expect(offsets(page).first == 21)
        let nothing = try Log(count: 50, lost: 50).page(since: 10)
        #expect(nothing["gap"]?["to"]?.int == 50 && nothing["complete"]?.bool == true && place(nothing) == 50)
    }

    @Test func `a page of rare events ends before it has read the whole log, and says where to go on`() throws {
        let page = try Log(count: 20_000).page(names: [.custom])
        #expect(offsets(page).isEmpty && page["complete"]?.bool == false)
        let next = try #require(place(page))
        #expect((5_000...5_300).contains(next))
    }

    @Test func `the log over HTTP is what the stream carried`() async throws {
        try await LiveServer.run { server in
            for number in 1...5 {
                let body = #"{"event_type":"custom","data":{"n":\#(number)}}"#
                _ = try await server.post("/api/v1/ml/ws/broadcast", body)
            }
            let source = try await EventSource.open(port: server.port, "?events=custom", headers: [])
            let id = try #require(try await source.next("subscription_updated").id)
            let epoch = String(id.dropLast(2))
            let first = try await server.get(Self.path + "?limit=2").json()
            #expect(offsets(first) == [1, 2] && first["complete"]?.bool == false)
            #expect(first["epoch"]?.string == epoch && first["next"]?.string == "\(epoch):2")
            let rest = try await server.get(Self.path + "?since=\(epoch):2&event=custom").json()
            #expect(offsets(rest) == [3, 4, 5] && rest["complete"]?.bool == true)
            #expect(rest["next"]?.string == id, "a place to resume the stream from")
            let newest = try await server.get(Self.path + "?reverse=true&limit=3").json()
            #expect(offsets(newest) == [5, 4, 3])
            let oldest = try await server.get(Self.path + "?reverse=true&since=\(epoch):3").json()
            #expect(offsets(oldest) == [2, 1] && oldest["complete"]?.bool == true && oldest["next"]?.isNull == true)
            let foreign = try await server.get(Self.path + "?since=other:3").json()
            #expect(foreign["reset"]?.bool == true && offsets(foreign) == [1, 2, 3, 4, 5])
            let ahead = try await server.get(Self.path + "?since=\(epoch):99").json()
            #expect(ahead["reset"]?.bool == true)
            let replayed = try await EventSource.open(port: server.port, "?last_event_id=\(epoch):4")
            _ = try await replayed.next("subscription_updated")
            let event = try await replayed.next("custom").json()
            #expect(rest["events"]?.elements.map { $0 }.last?.bytes.elementsEqual(event.bytes) == true)
            for (query, field) in [
                ("?limit=0", "limit"), ("?limit=1001", "limit"), ("?reverse=1", "reverse"), ("?since=x", "since"),
                ("?event=nothing", "event"),
            ] {
                let answer = try await server.get(Self.path + query)
                #expect(try answer.status == 422 && answer.fields() == [field], "\(query)")
            }
        }
    }
}
