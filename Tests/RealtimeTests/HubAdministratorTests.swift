import JSONBytes
import NIOCore
import NIOEmbedded
import Testing

@testable import Realtime

@Suite(.timeLimit(.minutes(5)))
struct HubAdministratorTests {
    @Test func `every figure is what the clients did`() async throws {
        let still = StillHub()
        let ann = try await still.subscriber(["lead_scored"], user: "ann")
        let vic = try await still.subscriber(["*"], user: "vic", role: .viewer)
        let gone = try await still.subscriber(["lead_scored"], user: "gus")
        await still.pass(seconds: 4)
        try await gone.send(bytes: ClientFrame.close(1000))
        await still.pass(seconds: 2)
        await still.publish([StillHub.event(1), StillHub.event(2), StillHub.event(3, .custom)])
        try await ann.send("{")
        await still.pass(seconds: 1)
        let bytes = try await ann.received().count + vic.received().count
        #expect(bytes == 2 + 1 + 3)
        let figures = await still.hub.metrics(tenant: "t1")
        #expect(figures.connections.active == 2)
        #expect(figures.connections.peak == 3)
        #expect(figures.connections.total == 3)
        #expect(figures.connections.byRole[.admin] == 1)
        #expect(figures.connections.byRole[.viewer] == 1)
        // Two answers, one error, two and three events; the third client's answer.
        #expect(figures.messagesSent == 3 + 1 + 5)
        #expect(figures.messagesReceived == 4)
        #expect(figures.eventsDelivered == 5)
        #expect(figures.errorsSent == 1)
        #expect(figures.closes == [1000: 1])
        #expect(figures.subscriptions[.leadScored] == 2)
        #expect(figures.subscriptions[.custom] == 1)
        #expect(figures.subscriptions[.userActivity] == nil)
        #expect(figures.publishToFlush.count == 5)
        #expect(figures.publishToFlush.mean ?? 0 > 0)
        // Four seconds and a closing socket's one; twice seven.
        #expect(abs((figures.connections.durationMeanSeconds ?? 0) - (5 + 7 + 7) / 3.0) < 0.34)
        #expect(figures.rates[1]?.published == 3)
        #expect(figures.rates[1]?.delivered == 5)
        #expect(abs((figures.rates[10]?.delivered ?? 0) - 5.0 / 6) < 1e-9)
        #expect(figures.epoch == "e1")
        #expect(figures.offset == 3)
        #expect(figures.history.map(\.count) == [2, 1])
        let json = String(decoding: figures.json(), as: UTF8.self)
        for name in [
            "active_connections", "total_messages_sent", "total_messages_received", "average_latency_ms",
            "connection_duration_avg_seconds", "subscriptions", "last_updated", "peak", "by_role", "refused", "rates",
            "latency_ms", "publish_to_flush", "ping_round_trip", "slow_closes", "recovery", "closes", "history",
        ] { #expect(json.contains("\"\(name)\":"), "\(name)") }
        #expect(json.hasPrefix(#"{"active_connections":2,"total_messages_sent":9,"total_messages_received":4,"#))
    }

    @Test func `before anything happened nothing is made up`() async throws {
        let figures = await StillHub().hub.metrics()
        let json = String(decoding: figures.json(), as: UTF8.self)
        #expect(json.contains(#""average_latency_ms":null,"connection_duration_avg_seconds":null,"subscriptions":{}"#))
        #expect(json.contains(#""epoch":null,"offset":null"#))
    }

    @Test func `connections are listed by page, each once, with what an administrator asked for`() async throws {
        let still = StillHub()
        for index in 0..<25 {
            let role: Role = index % 5 == 0 ? .viewer : .agent
            let name = index % 2 == 0 ? "lead_scored" : "custom"
            _ = try await still.subscriber([name], user: "u\(index)", role: role)
        }
        var query = ConnectionQuery(tenant: "t1", limit: 10)
        var seen: [String] = []
        repeat {
            let page = await still.hub.connections(query)
            seen += page.connections.map(\.principal.user)
            query.cursor = page.nextCursor
        } while query.cursor != nil
        #expect(seen == (0..<25).map { "u\($0)" })
        query.role = .viewer
        query.event = .leadScored
        #expect(await still.hub.connections(query).connections.map(\.principal.user) == ["u0", "u10", "u20"])
        query.isLagging = true
        #expect(await still.hub.connections(query).connections.isEmpty)
        await still.pass(seconds: 3)
        let one = await still.hub.connections(ConnectionQuery(tenant: "t1", limit: 1))
        #expect(
            String(decoding: one.json(), as: UTF8.self).hasPrefix(
                #"{"connections":[{"id":"n1-1","user":"u0","role":"viewer","tenant":"t1","transport":"websocket","#
                    + #""remote_address":"192.0.2.x","subscriptions":["lead_scored"],"filter":null,"#
                    + #""connected_at":"2026-11-21T10:00:00.000Z","age_seconds":3.0,"last_seen_ms":3000.0,"#
                    + #""round_trip_ms":null,"messages_in":1,"messages_out":1,"bytes_in":"#))
    }

    @Test func `a loop looks at few connections in a turn, whatever is asked, and a large page comes in pieces`()
        async throws
    {
        let still = StillHub()
        for index in 0..<130 { _ = try await still.subscriber(user: index == 129 ? "last" : "u\(index)") }
        var query = ConnectionQuery(tenant: "t1", limit: 1_000)
        query.user = "last"
        let (turn, asked) = (ConnectionWalk.lookedAtInATurn, query)
        var after: UInt64? = 0
        var turns: [Int] = []
        while let number = after {
            let slice = try #require(await still.hub.mailboxes[0].ask { $0.connections(asked, after: number) })
            turns.append(slice.found.count)
            if let next = slice.next { #expect(next - number == UInt64(turn)) }
            after = slice.next
        }
        #expect(turns == [0, 0, 1])
        #expect(await still.hub.connections(query).connections.map(\.principal.user) == ["last"])
        let page = await still.hub.connections(ConnectionQuery(tenant: "t1", limit: 129))
        #expect(page.connections.map(\.number) == Array(1...129) && page.nextCursor == "n1-129")
        #expect(page.pieces.map(\.count).count == 3 && page.pieces.allSatisfy { $0.count < 50 * 700 })
        #expect(page.pieces.reduce([], +) == page.json())
        let document = try JSONDocument(parsing: page.json()).root
        #expect(document["count"]?.int == 129 && document["connections"]?.count == 129)
        let none = await still.hub.connections(ConnectionQuery(tenant: "t2"))
        #expect(none.pieces.map { $0 } == [Array(#"{"connections":[],"count":0,"next_cursor":null}"#.utf8)])
    }

    @Test func `an administrator can end a connection, and the code says whether to come back`() async throws {
        let still = StillHub()
        let client = try await still.subscriber()
        let neighbour = try await still.subscriber()
        #expect(await still.hub.disconnect(id: "n1-77") == false)
        #expect(await still.hub.disconnect(id: "x") == false)
        #expect(await still.hub.disconnect(id: "n1-1", tenant: "t1"))
        #expect(try await client.received() == ["<close 4501 disconnected_by_administrator>"])
        try await client.send(bytes: ClientFrame.close(4501))
        #expect(!client.isActive)
        #expect(neighbour.isActive)
    }

    @Test func `above a limit a connection is refused with the reason, and counted`() async throws {
        let still = StillHub {
            $0.maximumConnections = 4
            $0.maximumConnectionsPerUser = 2
            $0.maximumConnectionsPerAddress = 3
            $0.maximumTenants = 1
        }
        func refusal(_ user: String, _ address: String, tenant: String = "t1") throws -> HubRefusal? {
            still.hub.refusal(
                of: Principal(user: user, role: .viewer, tenant: tenant),
                remoteAddress: try SocketAddress(ipAddress: address, port: 1))
        }
        _ = try await still.connect("ann", address: "192.0.2.1")
        let second = try await still.connect("ann", address: "192.0.2.1")
        #expect(try refusal("ann", "192.0.2.9") == .tooManyConnectionsOfUser)
        _ = try await still.connect("bob", address: "192.0.2.1")
        #expect(try refusal("eve", "192.0.2.1") == .tooManyConnectionsOfAddress)
        #expect(try refusal("eve", "192.0.2.2", tenant: "t2") == .tooManyTenants)
        #expect(try refusal("eve", "192.0.2.2") == nil)
        _ = try await still.connect("eve", address: "192.0.2.2")
        #expect(try refusal("dan", "192.0.2.3") == .tooManyConnections)
        await #expect(throws: HubRefusal.tooManyConnections) {
            _ = try await still.connect("dan", address: "192.0.2.3")
        }
        _ = try await second.channel.finish(acceptAlreadyClosed: true)
        await still.loop.run()
        #expect(try refusal("dan", "192.0.2.3") == nil)
        #expect(
            await still.hub.metrics(tenant: "t1").connections.refused == [
                "too_many_connections_of_user": 1, "too_many_connections_of_address": 1, "too_many_connections": 2,
            ])
        #expect(await still.hub.metrics(tenant: "t1").connections.active == 3)
    }

    @Test func `at shutdown everybody is told when to come back, closed, and at the deadline cut off`() async throws {
        let still = StillHub()
        var clients: [StillClient] = []
        for _ in 0..<20 { clients.append(try await still.subscriber()) }
        let silent = try await still.connect()
        let hub = still.hub
        let ended = Task { await hub.shutDown(window: .seconds(2), deadline: .seconds(4)) }
        // The order to drain comes from another thread; the loop must have taken it before time goes on.
        while await hub.mailboxes[0].ask({ $0.isDraining }) != true, !Task.isCancelled { await Task.yield() }
        var told: [StillClient] = []
        // The whole window: whose moment comes last is drawn.
        for _ in 0..<40 {
            await still.loop.advanceTime(by: .milliseconds(50))
            for client in clients where !told.contains(where: { $0 === client }) {
                let received = try await client.received()
                guard !received.isEmpty else { continue }
                #expect(received.count == 2)
                #expect(received[0].hasPrefix(#"{"type":"going_away","reconnect":true,"after_ms":"#))
                #expect(received[1] == "<close 1001 going_away>")
                // One in two answers, the others must be cut off.
                if told.count % 2 == 0 { try await client.send(bytes: ClientFrame.close(1001)) }
                told.append(client)
            }
        }
        #expect(told.count == 20)
        #expect(try await silent.received() == ["<close 1001 going_away>"])
        await still.pass(seconds: 5)
        await ended.value
        #expect(clients.allSatisfy { !$0.isActive })
        #expect(!silent.isActive)
        #expect(await hub.metrics().connections.active == 0)
        #expect(
            hub.refusal(of: Principal(user: "x", role: .viewer, tenant: "t1"), remoteAddress: nil) == .shuttingDown)
    }

    @Test func `a histogram's quantiles are within a sixteenth, and merging is adding`() {
        var all = Histogram()
        var half = Histogram()
        for value in 1...10_000 {
            all.record(Int64(value) * 1_000)
            if value % 2 == 0 { half.record(Int64(value) * 1_000) }
        }
        for share in [0.5, 0.95, 0.99, 1] {
            let exact = share * 1e7
            let measured = all.quantile(share) ?? 0
            #expect(measured >= exact * 0.999 && measured <= exact * 1.07, "\(share): \(measured)")
        }
        #expect(all.mean == 5_000_500)
        half.merge(all)
        #expect(half.count == 15_000)
        #expect(half.maximum == 10_000_000)
        var edge = Histogram()
        for value: Int64 in [-5, 0, 1_023, 1_024, .max, 1 << 36, (1 << 36) - 1] { edge.record(value) }
        #expect(edge.count == 7)
        #expect(Histogram().quantile(0.5) == nil)
    }

    @Test func `an address is masked`() {
        #expect(Admission.masked("192.0.2.17") == "192.0.2.x")
        #expect(Admission.masked("2001:db8:1:2::7") == "2001:db8:1::")
        #expect(Admission.masked("local") == "local")
    }

    @Test func `the wall clock's wire form`() {
        #expect(WallTime.rfc3339(0) == "1970-01-01T00:00:00.000Z")
        #expect(WallTime.rfc3339(951_782_400_007) == "2000-02-29T00:00:00.007Z")
        #expect(WallTime.rfc3339(StillHub.start) == "2026-11-21T10:00:00.000Z")
        #expect(WallTime.rfc3339(-1) == "1969-12-31T23:59:59.999Z")
    }
}
