import Features
import Leads
public import Scoring
public import Testing

/// What the suite needs of an implementation: a cache of its own, empty at first.
public protocol CacheHarness: Sendable {
    var cache: any ScoreCache { get }
    /// The longest that an entry lives.
    var timeToLive: Duration { get }
    /// Lets so much of the entries' life go by.
    func pass(_ duration: Duration) async throws
    /// Harms what is kept under the key; false where nothing can.
    func damage(_ key: CacheKey) async throws -> Bool
}

/// One promise of ``ScoreCache``, as a sentence and the steps that would break it. Every implementation runs them all.
public struct CacheCase: Sendable, CustomTestStringConvertible {
    public let sentence: String
    public let check: @Sendable (any CacheHarness) async throws -> Void

    public var testDescription: String { sentence }

    init(_ sentence: String, check: @escaping @Sendable (any CacheHarness) async throws -> Void) {
        self.sentence = sentence
        self.check = check
    }

    /// The whole suite.
    public static let all = [
        CacheCase("a record comes back bit for bit") { harness in
            for (place, record) in CacheSample.variety.enumerated() {
                let key = CacheSample.key(record.score.leadID, UInt64(place), tenant: record.tenant)
                try await harness.cache.insert(record, for: key)
                let found = try #require(try await harness.cache.record(for: key))
                #expect(found == record)
                #expect(found.features?.bytes == record.features?.bytes)
                #expect(found.score.margin.bitPattern == record.score.margin.bitPattern)
                #expect(
                    found.score.shapValues.map(\.value.bitPattern) == record.score.shapValues.map(\.value.bitPattern))
            }
        },
        CacheCase("only the whole key finds it: tenant, lead and content are walls") { harness in
            let key = CacheSample.key("a", 7)
            try await harness.cache.insert(CacheSample.record("a"), for: key)
            for other in [
                CacheSample.key("a", 7, tenant: Tenant("south")), CacheSample.key("b", 7), CacheSample.key("a", 8),
                CacheKey(tenant: key.tenant, leadID: "a", high: key.high &+ 1, low: key.low),
            ] { #expect(try await harness.cache.record(for: other) == nil) }
            #expect(try await harness.cache.record(for: key) != nil)
        },
        CacheCase("names with anything in them stay apart") { harness in
            let names = [
                "a", "a:b", "a}", "{a}", "a{", "a%7D", "", " ", "a\0b", "ä", String(repeating: "x", count: 1_000),
            ]
            for tenant in names.prefix(10) {
                for lead in names {
                    try await harness.cache.insert(
                        CacheSample.record(lead, tenant: Tenant(tenant), summary: "\(tenant)|\(lead)"),
                        for: CacheSample.key(lead, 1, tenant: Tenant(tenant)))
                }
            }
            for tenant in names.prefix(10) {
                for lead in names {
                    let found = try await harness.cache.record(
                        for: CacheSample.key(lead, 1, tenant: Tenant(tenant)))
                    #expect(found?.score.analysisSummary == "\(tenant)|\(lead)")
                }
            }
        },
        CacheCase("a batch is the same as its parts: in order, with a place for what is not there") { harness in
            let keys = (0..<120).map { CacheSample.key("lead \($0)", 1) }
            let records = keys.map { CacheSample.record($0.leadID) }
            #expect(try await harness.cache.records(for: []) == [])
            try await harness.cache.insert([])
            try await harness.cache.insert(zip(keys, records).filter { !$0.0.leadID.hasSuffix("7") }.map { ($0, $1) })
            let found = try await harness.cache.records(for: keys)
            #expect(found == records.map { $0.score.leadID.hasSuffix("7") ? nil : $0 })
            #expect(try await harness.cache.record(for: keys[3]) == records[3])
        },
        CacheCase("a later record under the key takes the place of the earlier") { harness in
            let key = CacheSample.key("a", 1)
            for summary in ["first", "second"] {
                try await harness.cache.insert(CacheSample.record("a", summary: summary), for: key)
                #expect(try await harness.cache.record(for: key)?.score.analysisSummary == summary)
            }
        },
        CacheCase("an entry ends with its time to live") { harness in
            let key = CacheSample.key("a", 1)
            try await harness.cache.insert(CacheSample.record("a"), for: key)
            try await harness.pass(harness.timeToLive / 2)
            #expect(try await harness.cache.record(for: key) != nil)
            // A lead that is cached again and again does not keep its older contents alive.
            try await harness.cache.insert(CacheSample.record("a"), for: CacheSample.key("a", 2))
            try await harness.pass(harness.timeToLive / 2 + .milliseconds(50))
            #expect(try await harness.cache.record(for: key) == nil)
        },
        CacheCase("removing a lead takes every content of it, of its tenant only") { harness in
            let cache = harness.cache
            let other = Tenant("south")
            for low in 1...5 as ClosedRange<UInt64> {
                try await cache.insert(CacheSample.record("a"), for: CacheSample.key("a", low))
            }
            try await cache.insert(CacheSample.record("b"), for: CacheSample.key("b", 1))
            try await cache.insert(
                CacheSample.record("a", tenant: other), for: CacheSample.key("a", 1, tenant: other))
            try await cache.remove(leadID: "a", tenant: CacheSample.tenant)
            try await cache.remove(leadID: "never seen", tenant: CacheSample.tenant)
            for low in 1...5 as ClosedRange<UInt64> {
                #expect(try await cache.record(for: CacheSample.key("a", low)) == nil)
            }
            #expect(try await cache.record(for: CacheSample.key("b", 1)) != nil)
            #expect(try await cache.record(for: CacheSample.key("a", 1, tenant: other)) != nil)
        },
        CacheCase("a lead whose content changes all the time has its newest cached, and costs no more and more") {
            harness in
            for low in 0..<200 as Range<UInt64> {
                try await harness.cache.insert(CacheSample.record("a"), for: CacheSample.key("a", low))
                #expect(try await harness.cache.record(for: CacheSample.key("a", low)) != nil)
            }
        },
        CacheCase("a damaged entry is a miss, and can be replaced") { harness in
            let key = CacheSample.key("a", 1)
            try await harness.cache.insert(CacheSample.record("a"), for: key)
            guard try await harness.damage(key) else { return }
            #expect(try await harness.cache.record(for: key) == nil)
            try await harness.cache.insert(CacheSample.record("a"), for: key)
            #expect(try await harness.cache.record(for: key) != nil)
        },
        CacheCase("many at once neither lose nor mix anything, and are counted") { harness in
            let cache = harness.cache
            let before = cache.statistics
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<400 {
                    group.addTask {
                        let lead = "lead \(number % 40)"
                        let key = CacheSample.key(lead, UInt64(number / 40))
                        #expect(try await cache.record(for: key) == nil)
                        try await cache.insert(CacheSample.record(lead, summary: "\(number)"), for: key)
                        #expect(try await cache.record(for: key)?.score.analysisSummary == "\(number)")
                    }
                }
                try await group.waitForAll()
            }
            let statistics = cache.statistics
            #expect(statistics.hits - before.hits == 400 && statistics.misses - before.misses == 400)
        },
    ]
}
