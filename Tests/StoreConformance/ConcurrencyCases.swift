import Leads
import Scoring
import Testing

extension ConformanceCase {
    public static let concurrency = [
        ConformanceCase("many commits at once: offsets contiguous, the sink's order is the log's") { harness in
            let sink = RecordingSink()
            let store = try await harness.open(sink: sink)
            let tenants = [Sample.tenant, Sample.otherTenant]
            let committed = try await withThrowingTaskGroup(of: [CommittedEvent].self) { group in
                for number in 0..<400 {
                    group.addTask {
                        let tenant = tenants[number % 2]
                        var commit = Sample.scored("lead \(number % 50)", at: Sample.at(Int64(number)), tenant: tenant)
                        commit.events.append(
                            Sample.event("more \(number)", at: Sample.at(Int64(number)), tenant: tenant))
                        return try await store.commit(commit)
                    }
                }
                return try await group.reduce(into: [CommittedEvent]()) { all, events in
                    #expect(events.count == 2 && events[1].offset == events[0].offset + 1, "a commit is not split")
                    all += events
                }
            }
            for tenant in tenants {
                let own = committed.filter { $0.event.tenant == tenant }.sorted { $0.offset < $1.offset }
                #expect(own.map(\.offset) == Array(1...400))
                #expect(sink.events.filter { $0.event.tenant == tenant } == own)
                #expect(try await store.events(after: 0, tenant: tenant, limit: 999) == own.map { .event($0) })
                let statistics = try await store.statistics(of: tenant)
                #expect(statistics.scores == 200 && statistics.leads == 25)
            }
            await store.close()
        },
        ConformanceCase("a commit is readable as soon as it is acknowledged") { harness in
            let store = try await harness.open()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<100 {
                    group.addTask {
                        _ = try await store.commit(
                            Sample.scored("\(number)", score: Double(number), at: Sample.at(0)))
                        let state = try await store.state(of: "\(number)", tenant: Sample.tenant)
                        #expect(state.latest?.mlScore == Double(number))
                    }
                }
                try await group.waitForAll()
            }
            await store.close()
        },
        ConformanceCase("a refused commit does not fail the commits beside it") { harness in
            let store = try await harness.open()
            try await store.optOut("out", tenant: Sample.tenant, at: Sample.at(0))
            let refused = await withTaskGroup(of: Bool.self) { group in
                for number in 0..<100 {
                    group.addTask {
                        let id = number % 10 == 0 ? "out" : "\(number)"
                        do {
                            _ = try await store.commit(Sample.scored(id, at: Sample.at(Int64(number) + 1)))
                            return false
                        } catch {
                            return (error as? StoreError)?.code == .optedOut
                        }
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(refused == 10)
            #expect(try await store.position(of: Sample.tenant).offset == 90)
            await store.close()
        },
        ConformanceCase("a thousand leads page completely, each once, while others are written") { harness in
            let store = try await harness.open()
            for hundred in 0..<10 {
                let records = (0..<100).map { number in
                    Sample.record(
                        "lead \(hundred).\(number)", score: Double(number), at: Sample.at(Int64(hundred)),
                        classification: Classification.allCases[number % 4])
                }
                _ = try await store.commit(Commit(scores: records))
            }
            for sort in LeadQuery.Sort.allCases {
                async let writing: Void = {
                    for number in 0..<200 {
                        let record = Sample.record(
                            "new \(sort) \(number % 20)", score: Double(number % 100), at: Sample.at(Int64(number)))
                        _ = try await store.commit(Commit(scores: [record]))
                    }
                }()
                var query = LeadQuery(tenant: Sample.tenant, sort: sort, limit: 37)
                var seen: [String: Int] = [:]
                repeat {
                    let page = try await store.leads(query)
                    for lead in page.leads { seen[lead.leadID, default: 0] += 1 }
                    query.cursor = page.nextCursor
                } while query.cursor != nil
                try await writing
                let standing = seen.filter { $0.key.hasPrefix("lead ") }
                #expect(standing.count == 1_000 && standing.values.allSatisfy { $0 == 1 }, "\(sort)")
            }
            await store.close()
        },
        ConformanceCase("closing finishes what was accepted") { harness in
            let store = try await harness.open()
            let acknowledged = await withTaskGroup(of: Int?.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        do {
                            _ = try await store.commit(Sample.scored("\(number)", at: Sample.at(0)))
                            return number
                        } catch {
                            #expect((error as? StoreError)?.code == .unavailable)
                            return nil
                        }
                    }
                }
                group.addTask {
                    await store.close()
                    return nil
                }
                return await group.reduce(into: []) { ids, id in id.map { ids.append($0) } }
            }
            let again = try await harness.open()
            let states = try await again.states(of: acknowledged.map(String.init), tenant: Sample.tenant)
            #expect(states.count == acknowledged.count)
            #expect(try await again.statistics(of: Sample.tenant).leads == acknowledged.count)
            await again.close()
        },
    ]
}
