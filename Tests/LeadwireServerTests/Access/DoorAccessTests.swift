import JSONBytes
import NIOCore
import Realtime
import TestSupport
import Testing

@testable import LeadwireServer

@Suite(.timeLimit(.minutes(5)))
struct DoorAccessTests {
    @Test func `without a token only what is open to anyone is answered`() async throws {
        try await TokenServer.run { server in
            for path in ["/", "/docs", "/openapi.json", "/health/live", "/ml/health/live", "/v2/health/live"] {
                #expect(try await server.send("GET", path, token: nil).status == 200, "\(path)")
            }
            for path in ["/health", "/ml/health"] {
                let answer = try await server.send("GET", path, token: nil)
                #expect(answer.status == 200)
                #expect(try answer.json().members.map(\.key) == ["status"])
                let known = try await server.send("GET", path, token: try server.token(role: "viewer"))
                #expect(try known.json()["database_status"] != nil)
            }
            let refused = try await server.send("GET", "/ml/leads", token: nil)
            #expect(refused.status == 401 && refused.header("www-authenticate") == "Bearer")
            #expect(try refused.json()["error"]?.string == "unauthorized")
        }
    }

    @Test func `a token that is not good is refused everywhere, never taken for none`() async throws {
        try await TokenServer.run { server in
            let good = try server.token()
            let bad = [
                "test_token", "x.y.z", try server.token(lifetime: -31), good + "A", String(good.dropLast()),
                try TestToken.make(TestToken.claims(), .ed25519("other")), String(repeating: "a", count: 9_000),
            ]
            for (number, token) in bad.enumerated() {
                for path in ["/ml/leads", "/", "/health", "/nowhere"] {
                    let answer = try await server.send("GET", path, token: token)
                    #expect(answer.status == 401, "token \(number) at \(path)")
                    #expect(answer.header("www-authenticate")?.contains(#"error="invalid_token""#) == true)
                }
                let socket = WebSocketClient.handshake + "Authorization: Bearer \(token)\r\nConnection: close\r\n"
                #expect(try await handshake(server, socket) == 401)
            }
            #expect(try await server.send("GET", "/ml/leads", token: good).status == 200)
        }
    }

    private func handshake(_ server: TokenServer, _ headers: String, query: String = "") async throws -> Int {
        try await refusal(server, headers, query: query).status
    }

    /// What a handshake is answered that does not become a WebSocket.
    private func refusal(_ server: TokenServer, _ headers: String, query: String = "") async throws -> HTTPAnswer {
        let head = "GET /api/v1/ml/ws/live-scores\(query) HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\n\(headers)\r\n"
        return try HTTPAnswer(try await server.live.exchange(Array(head.utf8)))
    }

    @Test func `a token in the URL is refused with the reason, though it is good`() async throws {
        try await TokenServer.run { server in
            let token = try server.token()
            for query in ["?token=\(token)", "?x=1&access_token=\(token)", "?Access%5FToken=\(token)"] {
                let answer = try await server.send("GET", "/ml/leads\(query)", token: nil)
                #expect(answer.status == 401)
                #expect(try answer.json()["message"]?.string?.contains("may not stand in the URL") == true)
                #expect(!answer.text.contains(token))
                #expect(try await server.send("GET", "/ml/leads\(query)", token: token).status == 401)
                let headers = WebSocketClient.handshake + "Connection: close\r\n"
                #expect(try await handshake(server, headers, query: query) == 401)
            }
        }
    }

    @Test func `a WebSocket shows its token in a header or as a subprotocol`() async throws {
        try await TokenServer.run { server in
            let token = try server.token("bob", role: "viewer")
            for client in [
                try await server.open(token), try await server.open(nil, subprotocol: "leadwire.v1, bearer.\(token)"),
                try await server.open(nil, subprotocol: "bearer.\(token),leadwire.v1"),
                try await server.open(nil, subprotocol: "bearer.\(token)"),
            ] {
                try await client.send(#"{"type":"get_status"}"#)
                let status = try await client.receive()
                #expect(status["user"]?.string == "bob" && status["role"]?.string == "viewer")
                #expect(!client.answer.contains(token))
            }
            let chosen = try await server.open(token, subprotocol: "other, leadwire.v1")
            #expect(chosen.answer.lowercased().contains("sec-websocket-protocol: leadwire.v1\r\n"))
            let none = try await server.open(token, subprotocol: "other")
            #expect(!none.answer.lowercased().contains("sec-websocket-protocol"))
            let two =
                WebSocketClient.handshake + "Authorization: Bearer \(token)\r\n"
                + "Sec-WebSocket-Protocol: bearer.\(token)\r\nConnection: close\r\n"
            #expect(try await handshake(server, two) == 401)
        }
        try await LiveServer.run { server in
            let offer = "Sec-WebSocket-Protocol: leadwire.v1\r\n"
            let local = try await WebSocketClient.open(port: server.port, headers: offer)
            #expect(local.answer.lowercased().contains("sec-websocket-protocol: leadwire.v1\r\n"))
            await #expect(throws: TestFailure.self) {
                try await WebSocketClient.open(
                    port: server.port, headers: "Sec-WebSocket-Protocol: leadwire.v1, bearer.wrong\r\n")
            }
        }
    }

    @Test func `a page may ask from our own host and from the origins that were named`() async throws {
        try await TokenServer.run {
            $0.access.allowedOrigins = ["https://board.example.com"]
        } _: { server in
            let token = try server.token()
            let origins: [(String, Bool)] = [
                ("http://127.0.0.1:\(server.port)", true), ("https://127.0.0.1:\(server.port)", true),
                ("https://board.example.com", true), ("https://BOARD.example.com", true),
                ("http://board.example.com", false), ("https://board.example.com:444", false),
                ("https://evil.example", false), ("null", false), ("http://127.0.0.1:1", false),
                ("https://board.example.com.evil.example", false),
            ]
            for (origin, isAllowed) in origins {
                let answer = try await server.send("GET", "/ml/leads", token: token, headers: [("Origin", origin)])
                #expect(answer.status == (isAllowed ? 200 : 403), "\(origin)")
                let version = WebSocketClient.handshake.replacing("Version: 13", with: "Version: 12")
                let headers = version + "Authorization: Bearer \(token)\r\nOrigin: \(origin)\r\nConnection: close\r\n"
                #expect(try await handshake(server, headers) == (isAllowed ? 426 : 403), "\(origin)")
            }
            // A proxy in front is expected here, and what it says changes nothing.
            for header in ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"] {
                let answer = try await server.send("GET", "/ml/leads", token: token, headers: [(header, "10.0.0.1")])
                #expect(answer.status == 200)
            }
        }
    }

    @Test func `a token may ask so often and no more, and others are not held up by it`() async throws {
        try await TokenServer.run {
            $0.access.requestsPerSecond = 0.001
            $0.access.requestBurst = 3
        } _: { server in
            let (busy, other) = (try server.token("busy"), try server.token("other"))
            for _ in 0..<3 { #expect(try await server.send("GET", "/ml/leads", token: busy).status == 200) }
            let refused = try await server.send("GET", "/ml/leads", token: busy)
            #expect(refused.status == 429 && (refused.header("retry-after").flatMap { Int($0) } ?? 0) > 1)
            #expect(try refused.json()["retryable"]?.bool == true)
            #expect(try await server.send("GET", "/ml/leads", token: other).status == 200)
            // Whoever shows none that is good is counted by address.
            for _ in 0..<3 { #expect(try await server.send("GET", "/ml/leads", token: "x.y.z").status == 401) }
            #expect(try await server.send("GET", "/ml/leads", token: "x.y.z").status == 429)
            #expect(try await server.send("GET", "/health/live", token: nil).status == 429)
            #expect(try await server.send("GET", "/ml/leads", token: other).status == 200)
        }
    }

    @Test func `a handshake is asked for once and pays for one request, whatever becomes of it`() async throws {
        try await TokenServer.run {
            $0.access.requestsPerSecond = 0.001
            $0.access.requestBurst = 4
        } _: { server in
            let token = try server.token()
            let whole = WebSocketClient.handshake + "Authorization: Bearer \(token)\r\nConnection: close\r\n"
            _ = try await server.open(token)
            // Complete for the gate, and of a version that is not spoken.
            let old = whole.replacing("Version: 13", with: "Version: 12")
            for _ in 0..<3 { #expect(try await handshake(server, old) == 426) }
            for headers in [old, whole] {
                let refused = try await refusal(server, headers)
                #expect(refused.status == 429 && (refused.header("retry-after").flatMap { Int($0) } ?? 0) > 1)
            }
        }
    }

    @Test func `where there is no room a handshake is refused with the reason and counted once`() async throws {
        try await TokenServer.run {
            $0.hub.maximumConnectionsPerUser = 1
            $0.hub.maximumPending = 0
        } _: { server in
            let token = try server.token()
            let first = try await server.open(token)
            // Its place is taken when its handler is in: the 101 may be read before.
            try await first.send(#"{"type":"ping"}"#)
            _ = try await first.receive(type: "pong")
            let whole = WebSocketClient.handshake + "Connection: close\r\n"
            let known = try await refusal(server, whole + "Authorization: Bearer \(token)\r\n")
            #expect(known.status == 503 && known.text.contains("(too_many_connections_of_user)"))
            let unknown = try await refusal(server, whole)
            #expect(unknown.status == 503 && unknown.text.contains("(too_many_unauthenticated)"))
            let refused = try await server.send("GET", "/ml/ws/metrics", token: token).json()["connections"]?["refused"]
            #expect(refused?["too_many_connections_of_user"]?.int == 1)
            try await first.send(#"{"type":"ping"}"#)
            _ = try await first.receive(type: "pong")
        }
    }

    @Test func `the table of limits is bounded and forgets the idle first`() throws {
        let limiter = RequestLimiter(perSecond: 1, burst: 2, maximumClients: 100, now: { .uptimeNanoseconds(5) })
        for _ in 0..<2 { try limiter.take(.address("spent")) }
        for number in 0..<1_000 { try limiter.take(.address("a\(number)")) }
        #expect(throws: APIError.self) { try limiter.take(.address("spent")) }
    }
}
