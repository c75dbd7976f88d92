import NIOCore
import Testing

@testable import LeadwireClient

/// What the server or the token's owner may say no to.
struct StreamRefusalTests {
    @Test func `each attempt has a token of its own`() {
        var stream = StillStream(hasTokens: true)
        stream.start()
        #expect(stream.take().last == .fetchToken(.handshake, attempt: 1))
        stream.token("abc")
        #expect(stream.take() == [.open(attempt: 1, token: "abc")])
        stream.closed(.unreachable)
        stream.advance(.seconds(1))
        #expect(stream.take().last == .fetchToken(.handshake, attempt: 2))
    }

    @Test func `a token that can't be had now is asked for again`() {
        var stream = StillStream(hasTokens: true)
        stream.start()
        stream.token(nil)
        #expect(stream.last == .waiting(delay: .milliseconds(500), because: .tokenUnavailable))
    }

    @Test(arguments: ["", "a b", "a\r\nX: y", "ä"])
    func `a token that would break the header ends the stream`(token: String) {
        var stream = StillStream(hasTokens: true)
        stream.start()
        stream.token(token)
        #expect(stream.last == .ended(.invalidToken))
    }

    @Test func `one 401 is answered with a fresh token, two in a row are final`() {
        var stream = StillStream(hasTokens: true)
        stream.start()
        stream.token("old")
        stream.closed(.refused(status: 401, retryAfter: nil))
        #expect(stream.last == .waiting(delay: .milliseconds(500), because: .status(401)))
        stream.advance(.seconds(1))
        stream.token("new")
        stream.closed(.refused(status: 401, retryAfter: nil))
        #expect(stream.last == .ended(.status(401)))
        var anonymous = StillStream()
        anonymous.start()
        anonymous.closed(.refused(status: 401, retryAfter: nil))
        #expect(anonymous.last == .ended(.status(401)))
    }

    @Test(arguments: [200, 301, 400, 403, 404, 426])
    func `a status that stays is final`(status: Int) {
        var stream = StillStream()
        stream.start()
        stream.closed(.refused(status: status, retryAfter: nil))
        #expect(stream.last == .ended(.status(status)))
    }

    @Test(arguments: [408, 425, 429, 500, 502, 503])
    func `a status that passes is waited out, with what Retry-After asks for`(status: Int) {
        var stream = StillStream()
        stream.start()
        stream.closed(.refused(status: status, retryAfter: .seconds(7)))
        #expect(stream.last == .waiting(delay: .milliseconds(7_500), because: .status(status)))
    }

    @Test func `an expiring token is replaced on the living connection`() {
        var stream = StillStream(hasTokens: true)
        stream.goLive()
        _ = stream.take()
        stream.hears(#"{"type":"token_expiring","in_ms":60000}"#)
        stream.hears(#"{"type":"token_expiring","in_ms":59000}"#)
        #expect(stream.take() == [.fetchToken(.refresh, attempt: 1)], "once, not at every warning")
        stream.token("new", for: .refresh)
        #expect(stream.take().compactMap(\.text) == [#"{"type":"refresh","id":"refresh-1","token":"new"}"#])
        stream.hears(#"{"type":"token_refreshed","id":"refresh-1","role":"admin"}"#)
        #expect(stream.items() == [.state(.tokenRefreshed)])
    }

    @Test func `a refresh that failed is said and tried again, and events go on`() {
        var stream = StillStream(hasTokens: true)
        stream.goLive()
        stream.hears(#"{"type":"token_expiring","in_ms":60000}"#)
        stream.token(nil, for: .refresh)
        #expect(stream.last == .refreshFailed(reason: "the token closure threw"))
        _ = stream.take()
        stream.advance(.seconds(5))
        #expect(stream.take() == [.fetchToken(.refresh, attempt: 1)])
        stream.token("new", for: .refresh)
        _ = stream.take()
        stream.hears(
            #"{"type":"error","id":"refresh-1","code":"invalid_token","message":"m","retryable":false}"#)
        #expect(stream.last == .refreshFailed(reason: "invalid_token"))
        stream.event(1)
        #expect(stream.offsets() == [1])
        stream.closed(4005)
        stream.advance(.seconds(1))
        #expect(stream.take().last == .fetchToken(.handshake, attempt: 2))
    }

    @Test func `a wrong subscription ends the stream with the server's words`() {
        var stream = StillStream()
        stream.start()
        stream.opened()
        stream.hears(
            #"{"type":"error","id":"subscribe-1","code":"invalid_filter","message":"too deep","retryable":false}"#)
        #expect(stream.last == .ended(.refused(code: "invalid_filter", message: "too deep")))
        #expect(stream.take().contains(.close(1000)))
    }

    @Test func `a server that can't subscribe now is asked again`() {
        var stream = StillStream()
        stream.start()
        stream.opened()
        stream.hears(
            #"{"type":"error","id":"subscribe-1","code":"history_unavailable","message":"m","retryable":true}"#)
        #expect(stream.last == .waiting(delay: .milliseconds(500), because: .refused(code: "history_unavailable")))
    }

    @Test func `a subscription to nothing ends, with the reasons`() {
        var stream = StillStream()
        stream.start()
        stream.opened()
        stream.hears(
            """
            {"type":"subscription_updated","id":"subscribe-1","subscriptions":[],"denied":[{"event":"lead_scored",\
            "reason":"role"}],"connection_id":"n1-1","epoch":"e1","offset":0,"recovered":false,"replaying":0}
            """)
        #expect(stream.last == .ended(.nothingGranted([.init(name: .leadScored, reason: "role")])))
    }

    @Test func `an error that belongs to nothing is shown`() {
        var stream = StillStream()
        stream.goLive()
        _ = stream.take()
        stream.hears(#"{"type":"error","code":"busy","message":"m","retryable":true}"#)
        #expect(stream.items() == [.state(.serverError(code: "busy", message: "m"))])
    }

    @Test(arguments: [
        "", "{", "[]", "{}", #"{"event_type":"x"}"#, #"{"event_type":"x","data":{},"offset":-1}"#,
        #"{"type":"hb","epoch":"e1"}"#, #"{"type":"gap","from":2,"to":1}"#, #"{"event_type":"erased"}"#,
    ])
    func `a message that can't be read is asked for again, and the third time it is the end`(message: String) {
        var stream = StillStream()
        for round in 1...3 {
            stream.goLive()
            _ = stream.take()
            stream.hears(message)
            #expect(stream.take().first == .close(1002))
            #expect((stream.machine.state == .ended) == (round == 3))
        }
    }

    @Test func `a violation is forgotten once the stream has moved on`() {
        var stream = StillStream()
        for round in 1...10 {
            stream.goLive()
            stream.event(UInt64(round))
            stream.closed(.violation("x"))
        }
        #expect(stream.machine.state != .ended)
    }

    @Test func `unknown types and fields are no fault`() {
        var stream = StillStream()
        stream.goLive()
        _ = stream.take()
        stream.hears(#"{"type":"something_new","x":1}"#)
        stream.hears(#"{"type":"pong","timestamp":"x"}"#)
        #expect(stream.take() == [])
        stream.hears(#"{"event_type":"brand_new","data":[1],"timestamp":"x","offset":1,"epoch":"e1","more":true}"#)
        guard case .event(let event)? = stream.items().first else { return #expect(Bool(false), "no event") }
        #expect(event.name == "brand_new" && event.data == Array("[1]".utf8) && event.id == nil)
    }
}
