import JSONBytes
import Testing

@Suite(.timeLimit(.minutes(5)))
struct GateTests {
    struct Knock: Sendable {
        var headers: [(String, String)]
        var status: Int
    }

    static let knocks: [Knock] = [
        Knock(headers: [], status: 200),
        Knock(headers: [("Host", "localhost:PORT")], status: 200),
        Knock(headers: [("Host", "LOCALHOST:PORT")], status: 200),
        Knock(headers: [("Host", "[::1]:PORT")], status: 200),
        Knock(headers: [("Host", "localhost")], status: 403),
        Knock(headers: [("Host", "127.0.0.1:1")], status: 403),
        Knock(headers: [("Host", "evil.example:PORT")], status: 403),
        Knock(headers: [("Host", "localhost.evil.example:PORT")], status: 403),
        Knock(headers: [("Host", "127.0.0.2:PORT")], status: 403),
        Knock(headers: [("Origin", "http://127.0.0.1:PORT")], status: 200),
        Knock(headers: [("Origin", "http://localhost:PORT")], status: 403),
        Knock(headers: [("Origin", "http://localhost:PORT"), ("Host", "localhost:PORT")], status: 200),
        Knock(headers: [("Origin", "https://127.0.0.1:PORT")], status: 403),
        Knock(headers: [("Origin", "http://evil.example")], status: 403),
        Knock(headers: [("Origin", "null")], status: 403),
        Knock(headers: [("Sec-Fetch-Site", "cross-site")], status: 403),
        Knock(headers: [("Sec-Fetch-Site", "same-origin")], status: 200),
        Knock(headers: [("Sec-Fetch-Site", "none")], status: 200),
        Knock(headers: [("X-Forwarded-For", "10.0.0.1")], status: 403),
        Knock(headers: [("x-forwarded-proto", "https")], status: 403),
        Knock(headers: [("X-Forwarded-Anything", "1")], status: 403),
        Knock(headers: [("Forwarded", "for=10.0.0.1")], status: 403),
        Knock(headers: [("X-Real-IP", "10.0.0.1")], status: 403),
        Knock(headers: [("Via", "1.1 proxy")], status: 403),
        Knock(headers: [("Authorization", "Bearer test_token")], status: 200),
        Knock(headers: [("Authorization", "bearer test_token")], status: 200),
        Knock(headers: [("Authorization", "Bearer test_tokem")], status: 401),
        Knock(headers: [("Authorization", "Bearer test_token ")], status: 200),
        Knock(headers: [("Authorization", "Bearer ")], status: 401),
        Knock(headers: [("Authorization", "Basic dGVzdA==")], status: 401),
        Knock(headers: [("Authorization", "test_token")], status: 401),
    ]

    @Test func `every request passes the same door, a WebSocket as well`() async throws {
        try await LiveServer.run { server in
            for knock in Self.knocks {
                let headers = knock.headers.map { ($0.0, $0.1.replacing("PORT", with: "\(server.port)")) }
                let read = try await server.get("/api/v1/ml/leads", headers: headers)
                #expect(read.status == knock.status, "GET with \(headers)")
                let written = try await server.send(
                    "POST", "/api/v1/ml/score", body: Array(#"{"lead_id":"g"}"#.utf8), headers: headers)
                #expect(written.status == knock.status, "POST with \(headers)")
                // With a handshake that is wrong by its version only, 426 says that the door was passed.
                let upgrade = [("Upgrade", "websocket"), ("Sec-WebSocket-Version", "12")]
                let socket = try await server.get("/api/v1/ml/ws/live-scores", headers: headers + upgrade)
                #expect(socket.status == (knock.status == 200 ? 426 : knock.status), "WebSocket with \(headers)")
                if knock.status != 200 { #expect(try read.json()["request_id"]?.string?.isEmpty == false) }
            }
        }
    }

    @Test func `a refused handshake is answered in the error shape and the others still come in`() async throws {
        try await LiveServer.run { server in
            let head = "GET /api/v1/ml/ws/live-scores HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\n"
            let stranger = head + WebSocketClient.handshake + "Origin: http://evil.example\r\nConnection: close\r\n\r\n"
            let refused = try HTTPAnswer(try await server.exchange(Array(stranger.utf8)))
            #expect(refused.status == 403)
            #expect(try refused.json()["error"]?.string == "forbidden")
            let late =
                "GET /health/live HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\n\r\n" + head
                + WebSocketClient.handshake + "\r\n"
            let bytes = try await server.exchange(Array(late.utf8))
            #expect(String(decoding: bytes, as: UTF8.self).contains("HTTP/1.1 426"))
            let client = try await WebSocketClient.open(port: server.port)
            try await client.send(#"{"type":"ping"}"#)
            #expect(try await client.receive()["type"]?.string == "pong")
        }
    }

    @Test func `what is not HTTP, or names two hosts, gets a 400 and an end`() async throws {
        try await LiveServer.run { server in
            let host = "Host: 127.0.0.1:\(server.port)\r\n"
            for text in [
                "\u{1}garbage\r\n\r\n", "GET /health/live HTTP/1.1\r\n\r\n",
                "GET /health/live HTTP/1.1\r\n\(host)Host: evil.example\r\n\r\n",
            ] {
                let answer = try HTTPAnswer(try await server.exchange(Array(text.utf8)))
                #expect(answer.status == 400)
                #expect(try answer.json()["error"]?.string == "bad_request")
            }
        }
    }

    @Test func `the answer to an upgrade that nobody takes is its connection's last, and says so`() async throws {
        try await LiveServer.run { server in
            let key = "Sec-WebSocket-Version: 12\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            for (path, upgrade, status) in [
                ("/health/live", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n", 200),
                ("/api/v1/ml/ws/live-scores", "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\(key)", 426),
                ("/nowhere", "Connection: upgrade\r\nUpgrade: websocket\r\n", 404),
            ] {
                let head = "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\n\(upgrade)\r\n"
                // Returns when the server has closed.
                let answer = try HTTPAnswer(try await server.exchange(Array(head.utf8)))
                #expect(answer.status == status && answer.header("connection") == "close", "\(path)")
            }
        }
    }

    @Test func `an upgrade that nobody takes is a plain request`() async throws {
        try await LiveServer.run { server in
            let answer = try await server.get("/health/live", headers: [("Upgrade", "h2c")])
            #expect(answer.status == 200)
            let body = Array(#"{"lead_id":"u"}"#.utf8)
            let posted = try await server.send(
                "POST", "/api/v1/ml/score", body: body, headers: [("Upgrade", "websocket")])
            #expect(posted.status == 200)
        }
    }
}
