import Leads
import Scoring
import Testing

extension ConformanceCase {
    static let eventLog = [
        ConformanceCase("offsets are dense from 1 and events come back in order, in pages") { harness in
            let sink = RecordingSink()
            let store = try await harness.open(sink: sink)
            #expect(try await store.position(of: Sample.tenant).offset == 0)
            var committed: [CommittedEvent] = []
            for number in 0..<10 {
                let events = (0..<3).map {
                    Sample.event("\(number).\($0)", lead: $0 == 0 ? "a" : nil, at: Sample.at(Int64(number)))
                }
                committed += try await store.commit(Commit(events: events))
            }
            #expect(committed.map(\.offset) == Array(1...30))
            #expect(sink.events == committed)
            var read: [LoggedEvent] = []
            while let page = Optional(
                try await store.events(
                    after: read.last?.offset ?? 0, tenant: Sample.tenant, limit: 7)), !page.isEmpty
            {
                #expect(page.count <= 7)
                read += page
            }
            #expect(read == committed.map { .event($0) })
            #expect(try await store.position(of: Sample.tenant).offset == 30)
            #expect(try await store.events(after: 99, tenant: Sample.tenant, limit: 7).isEmpty)
            await store.close()
        },
        ConformanceCase("an empty log has one epoch for good, and no events") { harness in
            let store = try await harness.open()
            let position = try await store.position(of: Sample.tenant)
            #expect(!position.epoch.isEmpty && position.offset == 0)
            await store.close()
            let again = try await harness.open()
            #expect(try await again.position(of: Sample.tenant) == position)
            #expect(try await again.events(after: 0, tenant: Sample.tenant, limit: 5).isEmpty)
            await again.close()
        },
        ConformanceCase("a retried event among new ones keeps its place and is not delivered again") { harness in
            let sink = RecordingSink()
            let store = try await harness.open(sink: sink)
            let old = Sample.event("old", at: Sample.at(0))
            _ = try await store.commit(Commit(events: [old]))
            let new = Sample.event("new", at: Sample.at(1))
            let committed = try await store.commit(Commit(events: [old, new]))
            #expect(committed.map(\.offset) == [1, 2])
            #expect(sink.events.map(\.event.id) == ["old", "new"])
            await store.close()
        },
        ConformanceCase("a log over its count loses its oldest end, shows it, and never uses an offset again") {
            harness in
            let store = try await harness.open(sink: nil, maximumEvents: 50, maximumEventAge: nil)
            for number in 0..<300 {
                _ = try await store.commit(
                    Commit(events: [Sample.event("\(number)", at: Sample.at(Int64(number)))]))
            }
            let kept = try await store.events(after: 0, tenant: Sample.tenant, limit: 1_000)
            #expect(kept.map(\.offset) == Array(251...300), "the first offset is beyond 1: what lies before is gone")
            await store.close()
            let again = try await harness.open(sink: nil, maximumEvents: 50, maximumEventAge: nil)
            let next = try await again.commit(Commit(events: [Sample.event("next", at: Sample.at(999))]))
            #expect(next.map(\.offset) == [301])
            #expect(try await again.events(after: 0, tenant: Sample.tenant, limit: 1).map(\.offset) == [252])
            await again.close()
        },
        ConformanceCase("events over their age go, all but the newest") { harness in
            let store = try await harness.open(sink: nil, maximumEvents: nil, maximumEventAge: .seconds(60))
            for number in 0..<20 {
                _ = try await store.commit(
                    Commit(events: [Sample.event("\(number)", at: Sample.at(Int64(number) * 10_000))]))
            }
            // The newest is at 190 s: what is older than 130 s is gone.
            let kept = try await store.events(after: 0, tenant: Sample.tenant, limit: 100)
            #expect(kept.map(\.offset) == Array(14...20))
            _ = try await store.commit(Commit(events: [Sample.event("late", at: Sample.at(9_999_000))]))
            #expect(try await store.events(after: 0, tenant: Sample.tenant, limit: 100).map(\.offset) == [21])
            await store.close()
        },
        ConformanceCase("a trim takes small steps: a log far over a new limit shrinks with the commits") { harness in
            let store = try await harness.open()
            _ = try await store.commit(
                Commit(events: (0..<1_000).map { Sample.event("\($0)", at: Sample.at(Int64($0))) }))
            await store.close()
            let again = try await harness.open(sink: nil, maximumEvents: 10, maximumEventAge: nil)
            _ = try await again.commit(Commit(events: [Sample.event("a", at: Sample.at(1_000))]))
            let after = try await again.events(after: 0, tenant: Sample.tenant, limit: 2_000)
            #expect(after.count < 1_001 && after.count > 10)
            for number in 0..<40 {
                _ = try await again.commit(
                    Commit(events: [Sample.event("more \(number)", at: Sample.at(2_000))]))
            }
            #expect(try await again.events(after: 0, tenant: Sample.tenant, limit: 2_000).count == 10)
            await again.close()
        },
    ]
}
