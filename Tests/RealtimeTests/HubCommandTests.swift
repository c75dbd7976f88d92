import NIOCore
import Testing

@testable import Realtime

@Suite(.timeLimit(.minutes(5)))
struct HubCommandTests {
    static let now = "2026-11-21T10:00:00.000Z"

    @Test func `nothing is sent before the first message`() async throws {
        let still = StillHub()
        let client = try await still.connect()
        await still.publish([
            StillHub.event(1), StillHub.event(2, .custom, audience: Audience(reachesEveryone: true)),
        ])
        #expect(try await client.received() == [])
        try await client.send(#"{"type":"ping"}"#)
        #expect(try await client.received() == [#"{"type":"pong","timestamp":"\#(Self.now)"}"#])
    }

    @Test func `a subscriber gets the event exactly as published, and after unsubscribe nothing`() async throws {
        let still = StillHub()
        let client = try await still.connect()
        try await client.send(#"{"type":"subscribe","events":["lead_scored"],"id":7}"#)
        #expect(
            try await client.received() == [
                #"{"type":"subscription_updated","id":7,"subscriptions":["lead_scored"],"denied":[],"#
                    + #""connection_id":"n1-1","epoch":"e1","offset":0,"recovered":false,"replaying":0}"#
            ])
        await still.publish([StillHub.event(1), StillHub.event(2, .scoreChanged), StillHub.event(3)])
        #expect(try await client.received() == [StillHub.text(1), StillHub.text(3)])
        try await client.send(#"{"type":"unsubscribe","events":["lead_scored"],"id":"x\u0041"}"#)
        #expect(
            try await client.received() == [
                #"{"type":"subscription_updated","id":"x\u0041","subscriptions":[],"denied":[],"#
                    + #""connection_id":"n1-1","epoch":"e1","offset":3,"recovered":false,"replaying":0}"#
            ])
        await still.publish([StillHub.event(4)])
        #expect(try await client.received() == [])
    }

    @Test func `a role gets what it may and is told what it may not`() async throws {
        let still = StillHub()
        let viewer = try await still.connect("vic", role: .viewer)
        try await viewer.send(
            #"{"type":"subscribe","events":["lead_scored","user_activity","lead_escalated","nonsense","nonsense"]}"#)
        #expect(
            try await viewer.next().contains(
                #""subscriptions":["lead_scored"],"denied":[{"event":"lead_escalated","reason":"role"},"#
                    + #"{"event":"user_activity","reason":"role"},{"event":"nonsense","reason":"unknown_event"}]"#))
        try await viewer.send(#"{"type":"subscribe","events":["*"]}"#)
        #expect(
            try await viewer.next().contains(
                #""subscriptions":["lead_scored","score_changed","analysis_completed","batch_processing","#
                    + #""model_status","outcome_recorded","custom"],"denied":[]"#))
        let agent = try await still.subscriber(role: .agent)
        let admin = try await still.subscriber(role: .admin)
        let all = EventName.allCases.enumerated().map { StillHub.event(UInt64($0 + 1), $1) }
        await still.publish(all)
        #expect(try await viewer.received().count == 7)
        #expect(try await agent.received().count == 9)
        #expect(try await admin.received().count == 12)
    }

    @Test func `an audience narrows by role, and reaches everyone who has spoken`() async throws {
        let still = StillHub()
        let viewer = try await still.subscriber(["lead_scored"], role: .viewer)
        let agent = try await still.connect(role: .agent)
        try await agent.send(#"{"type":"ping"}"#)
        _ = try await agent.next()
        let silent = try await still.connect(role: .admin)
        await still.publish([
            StillHub.event(1, .custom, audience: Audience(reachesEveryone: true)),
            StillHub.event(2, .leadScored, audience: Audience(roles: [.agent, .admin])),
            StillHub.event(3, .botStatus, audience: Audience(reachesEveryone: true)),
            StillHub.event(4, .custom, audience: Audience(roles: [.viewer], reachesEveryone: true)),
        ])
        #expect(try await viewer.received() == [StillHub.text(1, .custom), StillHub.text(4, .custom)])
        #expect(try await agent.received() == [StillHub.text(1, .custom), StillHub.text(3, .botStatus)])
        #expect(try await silent.received() == [])
    }

    @Test func `tenants are walls`() async throws {
        let still = StillHub()
        let mine = try await still.subscriber(tenant: "t1")
        let theirs = try await still.subscriber(tenant: "t2")
        await still.publish([
            StillHub.event(1, tenant: "t1"), StillHub.event(1, tenant: "t2", data: "{\"n\":\"secret\"}"),
            StillHub.event(2, tenant: "t1", audience: Audience(reachesEveryone: true)),
        ])
        #expect(try await mine.received() == [StillHub.text(1), StillHub.text(2)])
        #expect(try await theirs.received() == [StillHub.text(1, data: "{\"n\":\"secret\"}")])
        #expect(await still.hub.metrics(tenant: "t1").connections.active == 1)
        #expect(await still.hub.connections(ConnectionQuery(tenant: "t2")).connections.map(\.id) == ["n1-2"])
        #expect(await still.hub.disconnect(id: "n1-2", tenant: "t1") == false)
        #expect(theirs.isActive)
    }

    @Test func `ping, heartbeat and get_status answer with the id`() async throws {
        let still = StillHub()
        let client = try await still.subscriber(["custom"], user: "bo", role: .agent)
        try await client.send(#"{"type":"ping","id":1}"#)
        try await client.send(#"{"id":"a","type":"heartbeat"}"#)
        try await client.send(#"{"type":"get_status","id":-2.5e3}"#)
        let answers = try await client.received()
        #expect(
            answers == [
                #"{"type":"pong","id":1,"timestamp":"\#(Self.now)"}"#,
                #"{"type":"heartbeat_ack","id":"a","timestamp":"\#(Self.now)"}"#,
                #"{"type":"status","id":-2.5e3,"connection_id":"n1-1","user":"bo","role":"agent","tenant":"t1","#
                    + #""subscriptions":["custom"],"epoch":"e1","offset":0,"cursor":0,"age_seconds":0.0,"#
                    + #""messages_sent":3,"messages_received":4,"timestamp":"\#(Self.now)"}"#,
            ])
    }

    /// What can be wrong with a message, and the code it gets.
    static let malformed: [(String, String, String?)] = [
        ("", "invalid_json", nil), ("{", "invalid_json", nil), ("nonsense", "invalid_json", nil),
        (#"{"type":"ping"} x"#, "invalid_json", nil), ("[]", "invalid_message", nil),
        ("\"ping\"", "invalid_message", nil),
        ("{}", "invalid_message", nil), (#"{"type":5}"#, "invalid_message", nil),
        (#"{"type":"PING"}"#, "unknown_type", nil), (#"{"id":3,"type":"publish"}"#, "unknown_type", "3"),
        (#"{"id":{},"type":"ping"}"#, "invalid_id", nil), (#"{"id":true,"type":"ping"}"#, "invalid_id", nil),
        (#"{"id":"\#(String(repeating: "x", count: 200))","type":"ping"}"#, "invalid_id", nil),
        (#"{"id":4,"type":"subscribe"}"#, "invalid_events", "4"),
        (#"{"id":5,"type":"subscribe","events":"lead_scored"}"#, "invalid_events", "5"),
        (#"{"type":"subscribe","events":[]}"#, "invalid_events", nil),
        (#"{"type":"subscribe","events":[1]}"#, "invalid_events", nil),
        (#"{"type":"unsubscribe","events":[""]}"#, "invalid_events", nil),
        (#"{"id":6,"type":"subscribe","events":["*"],"filter":{"eq":["a"]}}"#, "invalid_filter", "6"),
        (#"{"type":"subscribe","events":["*"],"filter":[]}"#, "invalid_filter", nil),
        (#"{"type":"subscribe","events":["*"],"since":5}"#, "invalid_since", nil),
        (#"{"type":"subscribe","events":["*"],"since":{"epoch":"e1","offset":-1}}"#, "invalid_since", nil),
        (#"{"type":"subscribe","events":["*"],"since":{"epoch":"e1","offset":1.5}}"#, "invalid_since", nil),
        (#"{"type":"refresh"}"#, "invalid_token", nil),
        (#"{"type":"refresh","token":"t"}"#, "refresh_unavailable", nil),
        (
            #"{"type":"ping","x":\#(String(repeating: "[", count: 20))\#(String(repeating: "]", count: 20))}"#,
            "invalid_json", nil
        ),
    ]

    @Test func `a malformed message gets an error with a code, and the connection lives on`() async throws {
        let still = StillHub()
        let client = try await still.connect()
        let neighbour = try await still.subscriber()
        for (text, code, id) in Self.malformed {
            try await client.send(text)
            let answer = try await client.next()
            let start = #"{"type":"error",\#(id.map { "\"id\":\($0)," } ?? "")"code":"\#(code)","message":""#
            #expect(answer.hasPrefix(start), "\(text) got \(answer)")
            #expect(answer.hasSuffix(#""retryable":false}"#))
        }
        try await client.send(bytes: ClientFrame.binary([1, 2, 3]))
        #expect(try await client.next().contains("invalid_message"))
        try await client.send(#"{"type":"subscribe","events":["*"]}"#)
        #expect(try await client.received().last?.contains("subscription_updated") == true)
        _ = try await neighbour.received()
        await still.publish([StillHub.event(1)])
        #expect(try await client.received() == [StillHub.text(1)])
        #expect(try await neighbour.received() == [StillHub.text(1)])
    }

    @Test func `too many messages a second are refused, and going on with it ends the connection for a while`()
        async throws
    {
        let still = StillHub()
        let client = try await still.connect()
        for _ in 0..<40 { try await client.send(#"{"type":"ping"}"#) }
        #expect(try await client.received().count == 40)
        try await client.send(#"{"type":"ping"}"#)
        #expect(try await client.next().contains(#""code":"rate_limited""#))
        await still.pass(seconds: 1)
        try await client.send(#"{"type":"ping"}"#)
        #expect(try await client.next().contains("pong"))
        for _ in 0..<100 { try await client.send(#"{"type":"ping"}"#) }
        let last = try await client.received().last
        #expect(last == "<close 4013 rate_limited>")
        #expect(CloseCode.rateLimited.allowsReconnect)
    }

    @Test func `one malformed message after the other ends the connection for good`() async throws {
        let still = StillHub { $0.commandBurst = 1_000 }
        let client = try await still.connect()
        for _ in 0..<100 { try await client.send("{") }
        let answers = try await client.received()
        #expect(answers.count == 61)
        #expect(answers.last == "<close 4509 too_many_errors>")
        #expect(!CloseCode.tooManyErrors.allowsReconnect)
    }

    struct Tokens: TokenRefresher {
        func verdict(onToken token: String) async -> TokenVerdict {
            switch token {
            case "viewer": .valid(Principal(user: "ann", role: .viewer, tenant: "t1"))
            case "later":
                .valid(Principal(user: "ann", role: .admin, tenant: "t1", expiresAt: StillHub.start + 600_000))
            case "stranger": .valid(Principal(user: "bob", role: .admin, tenant: "t1"))
            case "elsewhere": .valid(Principal(user: "ann", role: .admin, tenant: "t2"))
            case "old": .expired
            default: .invalid
            }
        }

        func isRevoked(_ principal: Principal) -> Bool { false }
    }

    @Test func `a refreshed token changes the role at once, and nobody else's is taken`() async throws {
        let still = StillHub(refresher: Tokens())
        let client = try await still.subscriber(["lead_scored", "user_activity"])
        for token in ["wrong", "old", "stranger", "elsewhere"] {
            try await client.send(#"{"type":"refresh","token":"\#(token)","id":1}"#)
            #expect(try await client.next().hasPrefix(#"{"type":"error","id":1,"code":"invalid_token""#))
        }
        try await client.send(#"{"type":"refresh","token":"viewer","id":2}"#)
        #expect(
            try await client.next()
                == #"{"type":"token_refreshed","id":2,"role":"viewer","subscriptions":["lead_scored"]}"#)
        await still.publish([StillHub.event(1, .userActivity), StillHub.event(2)])
        #expect(try await client.received() == [StillHub.text(2)])
        #expect(await still.hub.metrics().connections.byRole[.viewer] == 1)
    }

    @Test func `a token's end is announced, waited for, and then final`() async throws {
        let still = StillHub(refresher: Tokens())
        let end = StillHub.start + 100_000
        let client = try await still.connect(expiresAt: end)
        let renewing = try await still.connect(expiresAt: end)
        for each in [client, renewing] {
            try await each.send(#"{"type":"ping"}"#)
            _ = try await each.next()
        }
        // It comes with no minute left, and is told when it has spoken, however many ticks later.
        let late = try await still.connect(expiresAt: StillHub.start + 30_000)
        await still.pass(seconds: 2)
        #expect(try await late.received() == [])
        try await late.send(#"{"type":"ping"}"#)
        await still.pass(seconds: 1)
        #expect(try await late.received().contains(#"{"type":"token_expiring","in_ms":27000}"#))
        func beat() async throws {
            await still.pass(seconds: 1)
            for each in [client, renewing] where each.isActive { try await each.send(bytes: ClientFrame.pong()) }
        }
        for _ in 0..<42 { try await beat() }
        #expect(try await client.received().contains(#"{"type":"token_expiring","in_ms":60000}"#))
        try await renewing.send(#"{"type":"refresh","token":"later"}"#)
        // The token is read on another thread: time must not go on before.
        var heard = try await renewing.received()
        while !heard.contains(where: { $0.hasPrefix(#"{"type":"token_refreshed""#) }) {
            try Task.checkCancellation()
            await Task.yield()
            heard += try await renewing.received()
        }
        for _ in 0..<60 { try await beat() }
        #expect(client.isActive)
        for _ in 0..<30 { try await beat() }
        #expect(try await client.received().contains("<close 4005 token_expired>"))
        #expect(renewing.isActive)
        heard += try await renewing.received()
        #expect(!heard.contains { $0.hasPrefix("<close") })
        #expect(heard.contains { $0.hasPrefix(#"{"type":"token_refreshed","role":"admin""#) })
    }
}
