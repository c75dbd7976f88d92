import NIOCore
import Testing

@testable import Redis

/// A generator that always takes the most, so that what is waited is the bound.
private struct Greedy: RandomNumberGenerator, Sendable {
    mutating func next() -> UInt64 { .max }
}

@Suite struct ReconnectMachineTests {
    private func machine() -> ReconnectMachine {
        var configuration = RedisConfiguration()
        configuration.firstBackOff = .milliseconds(50)
        configuration.maximumBackOff = .seconds(2)
        return ReconnectMachine(configuration, generator: Greedy())
    }

    private let refused = RedisError(.refused, "no")

    @Test func `waits double from the first to the longest and stay there`() {
        var machine = machine()
        var waits: [ReconnectMachine.Action] = []
        for _ in 0..<60 {
            #expect(machine.timeToDial() == .dial)
            waits.append(machine.ended(refused, at: .now()))
        }
        let expected = [50, 100, 200, 400, 800, 1_600, 2_000, 2_000] as [Int64]
        #expect(waits.prefix(8) == expected.map { .wait(.milliseconds($0)) }[...])
        #expect(waits.last == .wait(.seconds(2)))
    }

    @Test func `full jitter: waits are spread from nothing to the bound`() {
        var machine = ReconnectMachine(RedisConfiguration(), generator: SystemRandomNumberGenerator())
        var waits: [Int64] = []
        for _ in 0..<400 {
            _ = machine.timeToDial()
            if case .wait(let time) = machine.ended(refused, at: .now()) { waits.append(time.nanoseconds) }
        }
        let late = waits.dropFirst(10)
        #expect(late.allSatisfy { (0...2_000_000_000).contains($0) })
        #expect(late.contains { $0 < 400_000_000 } && late.contains { $0 > 1_600_000_000 })
    }

    @Test func `commands wait for the first attempt, fail at once after a failed one, and go when connected`() {
        var machine = machine()
        #expect(machine.admission == .hold)
        _ = machine.timeToDial()
        #expect(machine.admission == .hold)
        _ = machine.ended(refused, at: .now())
        #expect(machine.admission == .refuse(refused))
        _ = machine.timeToDial()
        #expect(machine.admission == .refuse(refused), "a probe is under way, and says nothing yet")
        machine.connected(at: .now())
        #expect(machine.admission == .send)
        _ = machine.ended(.lost, at: .now())
        #expect(machine.admission == .hold, "the next attempt is a first one")
    }

    @Test func `a server that drops every connection at once is not knocked at without end`() {
        var machine = machine()
        let start = NIODeadline.now()
        var waits: [ReconnectMachine.Action] = []
        for _ in 0..<4 {
            _ = machine.timeToDial()
            machine.connected(at: start)
            waits.append(machine.ended(.lost, at: start + .seconds(1)))
        }
        #expect(waits == [50, 100, 200, 400].map { .wait(.milliseconds($0)) })
        _ = machine.timeToDial()
        machine.connected(at: start)
        #expect(machine.ended(.lost, at: start + .seconds(5)) == .wait(.milliseconds(50)), "one that has settled")
    }

    @Test func `closed is the end`() {
        var machine = machine()
        machine.close()
        #expect(machine.timeToDial() == .none && machine.admission == .refuse(.closed))
        #expect(machine.ended(refused, at: .now()) == .none)
    }
}

@Suite struct HandshakeTests {
    private func handshake(_ address: String) throws -> Handshake {
        Handshake(try RedisAddress(address), clientName: "leadwire")
    }

    private let unknown = RESPValue.error(Array("ERR unknown command 'HELLO'".utf8))
    private let fine = RESPValue.simple(Array("OK".utf8))

    @Test func `a server of today is asked for RESP3 with everything in one command`() throws {
        var one = try handshake("redis://ann:secret@h/3")
        #expect(one.first == RedisCommand("HELLO", "3", "AUTH", "ann", "secret", "SETNAME", "leadwire"))
        #expect(one.received(.map([])) == .send(RedisCommand("SELECT", "3")))
        #expect(one.received(fine) == .ready)
        var two = try handshake("redis://:secret@h")
        #expect(two.first == RedisCommand("HELLO", "3", "AUTH", "default", "secret", "SETNAME", "leadwire"))
        #expect(two.received(.map([])) == .ready && two.version == 3)
        #expect(try handshake("redis://h").first == RedisCommand("HELLO", "3", "SETNAME", "leadwire"))
    }

    @Test(arguments: ["ERR unknown command 'HELLO'", "NOPROTO unsupported protocol version"])
    func `an old server is spoken to in RESP2`(_ reply: String) throws {
        var one = try handshake("redis://ann:secret@h/3")
        #expect(one.received(.error(Array(reply.utf8))) == .send(RedisCommand("AUTH", "ann", "secret")))
        #expect(one.received(fine) == .send(RedisCommand("CLIENT", "SETNAME", "leadwire")))
        // One that knows no names serves as well.
        #expect(one.received(unknown) == .send(RedisCommand("SELECT", "3")))
        #expect(one.received(fine) == .ready && one.version == 2)
        var two = try handshake("redis://:secret@h")
        #expect(two.received(unknown) == .send(RedisCommand("AUTH", "secret")))
        #expect(two.received(.error(Array("ERR invalid password".utf8))) == .failed(failure(.auth)))
    }

    @Test(arguments: [
        ("WRONGPASS invalid username-password pair", RedisError.Code.auth), ("NOAUTH HELLO must be called with", .auth),
        ("NOPERM this user", .denied), ("LOADING Redis is loading", .loading), ("DENIED protected mode", .denied),
        ("ERR max number of clients reached", .other),
    ])
    func `a server that does not let us in says why by class`(_ reply: String, _ code: RedisError.Code) throws {
        var one = try handshake("redis://ann:secret@h")
        guard case .failed(let error) = one.received(.error(Array(reply.utf8))) else {
            Issue.record("it was taken in")
            return
        }
        #expect(error.code == code && !error.description.contains("username-password"))
    }

    @Test func `a database that is not there is an error`() throws {
        var one = try handshake("redis://h/99")
        _ = one.received(.map([]))
        let answer = one.received(.error(Array("ERR DB index is out of range".utf8)))
        #expect(answer == .failed(RedisError(.other, "the server has no database of that number")))
    }

    private func failure(_ code: RedisError.Code) -> RedisError {
        RedisError(code, "the server does not take this user and password")
    }
}
