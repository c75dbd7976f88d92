import Foundation
import LeadwireServer
import TestSupport
import Testing

@testable import LeadwireClient

/// The client's tokens against the real server in JWT mode: their end, their refresh, their revocation.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct TokenClientTests {
    /// Passes over items until the wanted one has come; fails at the end of the stream.
    private func skip(
        _ items: inout LeadwireEvents.AsyncIterator, to wanted: (LeadwireItem) -> Bool
    ) async throws -> LeadwireItem {
        while let item = await items.next() {
            if wanted(item) { return item }
            if case .state(.ended(let end)) = item { throw Unexpected("ended: \(end)") }
        }
        throw Unexpected("the stream is over")
    }

    private static func isLive(_ item: LeadwireItem) -> Bool {
        if case .state(.live) = item { true } else { false }
    }

    @Test func `a token is refreshed on the living connection, which outlives the first token by far`() async throws {
        try await TokenServer.run { server in
            let desk = TokenDesk { try await server.token(lifetime: $0 == 1 ? .seconds(100) : .seconds(3_600)) }
            var items = try server.client(desk.next).events(.leadScored).makeAsyncIterator()
            _ = try await skip(&items, to: Self.isLive)
            server.clock.advance(by: .seconds(45))
            #expect(await items.next() == .state(.tokenRefreshed))
            // Long after the first token's end and the grace that follows it. The server looks once a second: whoever
            // did not refresh is gone when it has looked, which a second client shows that never does.
            let fixed = try await server.token("bob", lifetime: .seconds(60))
            var others = try server.client { fixed }.events(.leadScored).makeAsyncIterator()
            _ = try await skip(&others, to: Self.isLive)
            server.clock.advance(by: .seconds(200))
            let gone = try await skip(&others) { if case .state(.waiting) = $0 { true } else { false } }
            guard case .state(.waiting(_, because: .closed(code: 4005, reason: "token_expired"))) = gone else {
                throw Unexpected("\(gone)")
            }
            try await server.running.publish(7..<8)
            guard case .event(let event)? = await items.next() else { throw Unexpected("no event") }
            #expect(try LiveClientTests.number(event) == 7)
            #expect(desk.asked == 2)
            let list = try await server.administer("GET", "/ws/connections?user=ann")
            #expect(list.contains(#""count":1,"#) && list.contains(#""id":"n1-1","#), "the first connection of all")
        }
    }

    @Test func `a token that ended and has no successor ends the stream after one more try`() async throws {
        try await TokenServer.run { server in
            let fixed = try await server.token(lifetime: .seconds(100))
            let desk = TokenDesk { _ in fixed }
            var items = try server.client(desk.next).events(.leadScored).makeAsyncIterator()
            _ = try await skip(&items, to: Self.isLive)
            server.clock.advance(by: .seconds(300))
            var interruptions: [LeadwireInterruption] = []
            var end: LeadwireEnd?
            while let item = await items.next() {
                if case .state(.waiting(_, let reason)) = item { interruptions.append(reason) }
                if case .state(.ended(let reason)) = item { end = reason }
            }
            #expect(interruptions == [.closed(code: 4005, reason: "token_expired"), .status(401)])
            #expect(end == .status(401) && server.proxy.count == 3)
        }
    }

    @Test func `a token of another issuer is shown twice and no more`() async throws {
        try await TokenServer.run { server in
            try await RunningServer.withFolder { folder in
                let secret = folder.appendingPathComponent("other").path
                try TokenIssuer.writeNewSecret(to: secret)
                let desk = TokenDesk { _ in try await server.token(lifetime: .seconds(60), secretFile: secret) }
                var last: LeadwireItem?
                for await item in try server.client(desk.next).events(.leadScored) { last = item }
                #expect(last == .state(.ended(.status(401))))
                #expect(desk.asked == 2 && server.proxy.count == 2)
            }
        }
    }

    @Test func `a refresh with another person's token fails aloud, and the connection goes on`() async throws {
        try await TokenServer.run { server in
            let desk = TokenDesk { number in
                try await server.token(number == 2 ? "eve" : "ann", lifetime: .seconds(number == 1 ? 100 : 3_600))
            }
            var items = try server.client(desk.next).events(.leadScored).makeAsyncIterator()
            _ = try await skip(&items, to: Self.isLive)
            server.clock.advance(by: .seconds(45))
            #expect(await items.next() == .state(.refreshFailed(reason: "invalid_token")))
            // It is tried again by itself.
            #expect(await items.next() == .state(.tokenRefreshed))
            #expect(desk.asked == 3 && server.proxy.count == 1)
        }
    }

    @Test func `a token that is revoked during the connection ends the stream for good`() async throws {
        try await TokenServer.run { server in
            let desk = TokenDesk { _ in try await server.token(lifetime: .seconds(600), id: "stolen") }
            var items = try server.client(desk.next).events(.leadScored).makeAsyncIterator()
            _ = try await skip(&items, to: Self.isLive)
            let answer = try await server.administer("POST", "/tokens/revoke", #"{"token_id":"stolen"}"#)
            #expect(answer.hasPrefix("HTTP/1.1 200"))
            #expect(await items.next() == .state(.ended(.closed(code: 4503, reason: "forbidden"))))
            #expect(await items.next() == nil)
            #expect(desk.asked == 1 && server.proxy.count == 1)
        }
    }

    @Test func `a reconnect takes a fresh token and loses nothing`() async throws {
        try await TokenServer.run { server in
            let desk = TokenDesk { try await server.token(lifetime: .seconds(600), id: "t\($0)") }
            var items = try server.client(desk.next).events(.leadScored).makeAsyncIterator()
            _ = try await skip(&items, to: Self.isLive)
            for round in 1...3 {
                server.proxy.cutAll()
                _ = try await skip(&items) { if case .state(.connecting) = $0 { true } else { false } }
                try await server.running.publish(round..<round + 1)
                let item = try await skip(&items) { if case .event = $0 { true } else { false } }
                guard case .event(let event) = item else { continue }
                #expect(try LiveClientTests.number(event) == round)
                let list = try await server.administer("GET", "/ws/connections?user=ann")
                #expect(list.contains(#""token_id":"t\#(round + 1)""#))
            }
            #expect(desk.asked == 4)
        }
    }
}
