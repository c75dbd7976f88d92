import NIOCore
import NIOEmbedded
import Testing

@testable import Realtime

/// What a principal brings along, on the hub's own ways: behind, replayed, before anybody is known.
@Suite(.timeLimit(.minutes(5)))
struct HubAccessTests {
    /// Knows its tokens by heart.
    private final class Desk: TokenRefresher {
        let principals: [String: Principal]
        let revoked: Set<String>

        init(_ principals: [String: Principal], revoked: Set<String> = []) {
            self.principals = principals
            self.revoked = revoked
        }

        func verdict(onToken token: String) async -> TokenVerdict {
            token == "old" ? .expired : principals[token].map(TokenVerdict.valid) ?? .invalid
        }

        func isRevoked(_ principal: Principal) -> Bool { revoked.contains(principal.tokenID ?? "") }
    }

    private func client(_ still: StillHub, _ principal: Principal?) async throws -> StillClient {
        let channel = NIOAsyncTestingChannel(loop: still.loop)
        let remote = try SocketAddress(ipAddress: "192.0.2.7", port: 5_000)
        try await channel.connect(to: remote)
        let hub = still.hub
        try await still.loop.executeInContext {
            if let principal {
                try WebSocketConnection.install(on: channel, principal: principal, hub: hub, remoteAddress: remote)
            } else {
                try WebSocketConnection.installPending(on: channel, hub: hub, remoteAddress: remote)
            }
        }
        return StillClient(channel: channel, loop: still.loop)
    }

    private func event(_ offset: UInt64, _ team: String, _ audience: Audience = .subscribers) -> Publication {
        StillHub.event(offset, data: #"{"team":"\#(team)"}"#, audience: audience)
    }

    private func ann(_ team: String) throws -> Principal {
        Principal(
            user: "ann", role: .admin, tenant: "t1",
            filter: try EventFilter(json: Array(#"{"eq":["team","\#(team)"]}"#.utf8)))
    }

    @Test func `the principal's filter holds live, behind, replayed from memory and from the log, and for everyone`()
        async throws
    {
        let teams = ["a", "b", "b", "a", "b", "a"]
        let log = TestLog(teams.enumerated().map { event(UInt64($0.offset + 1), $0.element) })
        let still = StillHub(history: log) { $0.historyCount = 2 }
        let reader = try await client(still, try ann("a"))
        // From the log, of which memory knows nothing.
        try await reader.send(#"{"type":"subscribe","events":["*"],"since":{"epoch":"e1","offset":0}}"#)
        func texts(_ offsets: [UInt64]) -> [String] { offsets.map { StillHub.text($0, data: #"{"team":"a"}"#) } }
        let replayed = try await reader.received(5)
        #expect(replayed.filter { $0.hasPrefix(#"{"event_type""#) } == texts([1, 4, 6]))
        await still.publish([event(7, "b"), event(8, "a"), event(9, "b", Audience(reachesEveryone: true))])
        #expect(try await reader.received() == texts([8]))
        try await reader.setWritable(false)
        await still.publish([event(10, "b"), event(11, "a")])
        try await reader.setWritable(true)
        #expect(try await reader.received() == texts([11]))
        let late = try await client(still, try ann("b"))
        try await late.send(#"{"type":"subscribe","events":["lead_scored"],"since":{"epoch":"e1","offset":9}}"#)
        let heard = try await late.received(3).filter { $0.hasPrefix(#"{"event_type""#) }
        #expect(heard == [StillHub.text(10, data: #"{"team":"b"}"#)])
        // Without a subscription at all an announcement to everyone comes through, if it passes.
        let idle = try await client(still, try ann("a"))
        try await idle.send(#"{"type":"ping"}"#)
        _ = try await idle.next()
        await still.publish([
            event(12, "b", Audience(reachesEveryone: true)), event(13, "a", Audience(reachesEveryone: true)),
        ])
        #expect(try await idle.received() == texts([13]))
    }

    @Test func `a principal's filter finds room when the clients' filters have none`() async throws {
        let still = StillHub { $0.maximumFilters = 0 }
        let reader = try await client(still, try ann("a"))
        try await reader.send(#"{"type":"subscribe","events":["lead_scored"]}"#)
        _ = try await reader.next()
        try await reader.send(#"{"type":"subscribe","events":["lead_scored"],"filter":{"eq":["x",1]}}"#)
        #expect(try await reader.next().contains("too_many_filters"))
        await still.publish([event(1, "b"), event(2, "a")])
        #expect(try await reader.received() == [StillHub.text(2, data: #"{"team":"a"}"#)])
        #expect(await still.hub.metrics().distinctFilters == 1)
        try await reader.send(#"{"type":"unsubscribe","events":["*"]}"#)
        try await reader.channel.close()
        await still.loop.run()
        #expect(await still.hub.metrics().distinctFilters == 0)
    }

    @Test func `an administrator counts the filters of his own tenant, the operator those of all`() async throws {
        let still = StillHub()
        func subscribe(_ client: StillClient, _ filter: String) async throws {
            try await client.send(#"{"type":"subscribe","events":["lead_scored","custom"],"filter":\#(filter)}"#)
            _ = try await client.next()
        }
        let mine = try await client(still, try ann("a"))
        try await subscribe(mine, #"{"eq":["n",1]}"#)
        var boss = try ann("a")
        boss.tenant = "t2"
        boss.filter = nil
        for number in 1...3 { try await subscribe(try await client(still, boss), #"{"eq":["n",\#(number)]}"#) }
        // The token's own, and the client's; the latter is one of the other tenant's three, too.
        #expect(await still.hub.metrics(tenant: "t1").distinctFilters == 2)
        #expect(await still.hub.metrics(tenant: "t2").distinctFilters == 3)
        #expect(await still.hub.metrics(tenant: "nobody").distinctFilters == 0)
        #expect(await still.hub.metrics().distinctFilters == 4)
        try await mine.channel.close()
        await still.loop.run()
        #expect(await still.hub.metrics(tenant: "t1").distinctFilters == 0)
    }

    @Test func `before it is known a connection counts, gets errors only, and is gone after its time`() async throws {
        let still = StillHub(refresher: Desk(["good": try ann("a")])) {
            $0.maximumConnections = 2
            $0.errorBurst = 3
        }
        let silent = try await client(still, nil)
        let noisy = try await client(still, nil)
        await #expect(throws: HubRefusal.tooManyConnections) { try await client(still, nil) }
        #expect(still.hub.refusalOfPending(remoteAddress: nil) == .tooManyConnections)
        for _ in 0..<4 { try await noisy.send(#"{"type":"subscribe","events":["*"]}"#) }
        let answers = try await noisy.received()
        #expect(answers.count == 4 && answers.prefix(3).allSatisfy { $0.contains("unauthenticated") })
        #expect(answers.last == "<close 4509 too_many_errors>")
        await still.publish([event(1, "a")])
        await still.loop.advanceTime(by: .seconds(14))
        #expect(try await silent.received() == [])
        await still.loop.advanceTime(by: .seconds(1))
        #expect(try await silent.received() == ["<close 4014 authentication_timeout>"])
        await still.loop.advanceTime(by: .seconds(6))
        #expect(still.hub.refusalOfPending(remoteAddress: nil) == nil)
    }

    @Test func `a first token is believed once, and not when it was revoked meanwhile`() async throws {
        var gone = try ann("a")
        gone.tokenID = "gone"
        let still = StillHub(refresher: Desk(["good": try ann("a"), "gone": gone], revoked: ["gone"]))
        for (token, end) in [
            ("gone", "<close 4502 invalid_token>"), ("bad", "<close 4502 invalid_token>"),
            ("old", "<close 4005 token_expired>"),
        ] {
            let stranger = try await client(still, nil)
            try await stranger.send(#"{"type":"auth","token":"\#(token)"}"#)
            #expect(try await stranger.received(1) == [end])
        }
        let known = try await client(still, nil)
        try await known.send(#"{"type":"auth","token":"good","id":7}"#)
        #expect(
            try await known.next()
                == #"{"type":"authenticated","id":7,"user":"ann","role":"admin","tenant":"t1","token_expires_at":null}"#
        )
        // The time of the unknown is over for it, too.
        await still.loop.advanceTime(by: .seconds(20))
        #expect(known.isActive)
        try await known.send(#"{"type":"refresh","token":"gone"}"#)
        var heard: [String] = []
        while !heard.contains(where: { $0.contains("invalid_token") }) { heard.append(try await known.next()) }
    }

    @Test func `a selection without a condition selects nobody`() async throws {
        let still = StillHub()
        let reader = try await still.subscriber()
        #expect(await still.hub.disconnect(ConnectionSelection(), tenant: nil, code: .forbidden) == 0)
        #expect(await still.hub.disconnect(ConnectionSelection(user: "ann"), tenant: "t2", code: .forbidden) == 0)
        #expect(await still.hub.disconnect(ConnectionSelection(user: "ann"), tenant: "t1", code: .forbidden) == 1)
        #expect(try await reader.received() == ["<close 4503 forbidden>"])
    }
}
