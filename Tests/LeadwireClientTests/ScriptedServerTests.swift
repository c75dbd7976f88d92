import JSONBytes
import NIOConcurrencyHelpers
import NIOCore
import NIOWebSocket
import Testing

@testable import LeadwireClient

/// The client against a server that does what the test says.
@Suite(.timeLimit(.minutes(5)))
struct ScriptedServerTests {
    private func waitUntilLive(_ events: inout LeadwireEvents.AsyncIterator) async throws {
        while let item = await events.next() {
            if case .state(.live) = item { return }
        }
        throw Unexpected("the stream ended")
    }

    @Test func `a token goes by header, is refreshed on the living connection, and is fetched anew for the next`()
        async throws
    {
        try await ScriptedServer.run { server in
            let count = NIOLockedValueBox(0)
            let tokens: LeadwireClient.TokenSource = {
                count.withLockedValue { count in
                    count += 1
                    return "token-\(count)"
                }
            }
            let client = try LeadwireClient(
                url: server.url, token: tokens, configuration: LiveClientTests.configuration())
            var events = client.events(.leadScored).makeAsyncIterator()
            let peer = try await server.next()
            #expect(peer.authorization == "Bearer token-1" && peer.uri == "/api/v1/ml/ws/live-scores")
            _ = try await peer.subscribe()
            try await waitUntilLive(&events)
            try await peer.send(#"{"type":"token_expiring","in_ms":60000}"#)
            let refresh = try JSONDocument(parsing: Array(try #require(await peer.next()).utf8)).root
            #expect(refresh["type"]?.string == "refresh" && refresh["token"]?.string == "token-2")
            let id = refresh["id"]?.string ?? ""
            try await peer.send(#"{"type":"token_refreshed","id":"\#(id)","role":"agent","subscriptions":[]}"#)
            #expect(await events.next() == .state(.tokenRefreshed))
            try await peer.close(4005)
            let second = try await server.next()
            #expect(second.authorization == "Bearer token-3")
            let request = try await second.subscribe(recovered: true)
            #expect(request["since"]?["epoch"]?.string == "e1" && request["since"]?["offset"]?.int == 0)
        }
    }

    @Test(arguments: [3500, 4503] as [UInt16])
    func `a terminal code is the last thing that happens`(code: UInt16) async throws {
        try await ScriptedServer.run { server in
            let client = try LeadwireClient(url: server.url, configuration: LiveClientTests.configuration())
            var events = client.events(.leadScored).makeAsyncIterator()
            let peer = try await server.next()
            _ = try await peer.subscribe()
            try await peer.close(code)
            try await waitUntilLive(&events)
            #expect(await events.next() == .state(.ended(.closed(code: Int(code), reason: ""))))
            #expect(await events.next() == nil)
            #expect(await peer.next() == "close \(code)", "the close is answered")
        }
    }

    @Test func `a refused handshake is tried again while it may change, and ends when it may not`() async throws {
        let answers = [
            "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 0\r\nContent-Length: 2\r\n\r\n{}",
            "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n",
            "not HTTP at all\r\n\r\n",
            "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
        ]
        try await ScriptedServer.run(refuse: { answers[min($0, 3)] }) { server in
            let client = try LeadwireClient(url: server.url, configuration: LiveClientTests.configuration())
            var reasons: [LeadwireInterruption] = []
            var end: LeadwireEnd?
            for await item in client.events(.leadScored) {
                if case .state(.waiting(_, let reason)) = item { reasons.append(reason) }
                if case .state(.ended(let reason)) = item { end = reason }
            }
            #expect(reasons == [.status(503), .status(429), .violation("the upgrade")])
            #expect(end == .status(403))
        }
    }

    @Test func `nobody at the address is a reason to try again`() async throws {
        let port = NIOLockedValueBox(0)
        try await ScriptedServer.run { server in port.withLockedValue { $0 = server.port } }
        let url = "ws://127.0.0.1:\(port.withLockedValue { $0 })"
        let client = try LeadwireClient(url: url, configuration: LiveClientTests.configuration())
        var count = 0
        for await item in client.events(.leadScored) {
            guard case .state(.waiting(_, let reason)) = item else { continue }
            #expect(reason == .unreachable)
            count += 1
            if count == 3 { break }
        }
    }

    @Test func `fragments make one message, and a ping between them is answered`() async throws {
        try await ScriptedServer.run { server in
            let client = try LeadwireClient(url: server.url)
            var events = client.events(.leadScored).makeAsyncIterator()
            let peer = try await server.next()
            _ = try await peer.subscribe()
            try await waitUntilLive(&events)
            try await peer.send(.text, ByteBuffer(string: #"{"event_type":"lead_scored","da"#), fin: false)
            try await peer.send(.ping, ByteBuffer(string: "12345678"))
            try await peer.send(.continuation, ByteBuffer(string: #"ta":{"n":1},"offset":1,"epoch":"e1"}"#))
            #expect(await peer.next() == "pong 12345678")
            guard case .event(let event)? = await events.next() else { throw Unexpected("no event") }
            #expect(event.data == Array(#"{"n":1}"#.utf8))
        }
    }

    @Test func `frames that break the protocol, or are too large, end the connection; the third time the stream`()
        async throws
    {
        try await ScriptedServer.run { server in
            let client = try LeadwireClient(
                url: server.url, configuration: LiveClientTests.configuration { $0.maximumMessageBytes = 4_096 })
            var events = client.events(.leadScored).makeAsyncIterator()
            let faults: [(ScriptedServer.Peer) async throws -> Void] = [
                { try await $0.send(.binary, ByteBuffer(string: "{}")) },
                { try await $0.send(.text, ByteBuffer(repeating: 32, count: 5_000)) },
                { try await $0.send(.text, ByteBuffer(bytes: [0x7B, 0xFF, 0x7D])) },
            ]
            for fault in faults {
                let peer = try await server.next()
                _ = try await peer.subscribe()
                try await waitUntilLive(&events)
                try await fault(peer)
                #expect(await peer.next() == "close 1002")
            }
            var last: LeadwireItem?
            while let item = await events.next() { last = item }
            guard case .state(.ended(.violation))? = last else { throw Unexpected("\(String(describing: last))") }
        }
    }

    @Test func `wss without TLS installed is an end with its reason, not a plain connection`() async throws {
        let client = try LeadwireClient(url: "wss://127.0.0.1:1")
        var items: [LeadwireItem] = []
        for await item in client.events(.leadScored) { items.append(item) }
        #expect(items.last == .state(.ended(.transportSecurityMissing)))
    }
}
