public import Redis
public import Scoring

/// What `leadwire doctor` asks a Redis: whether it is there, whether it is one that serves, and what its user may do.
public struct RedisExamination: Sendable {
    private static let subject = "Redis"
    private static let slowAfter = Duration.milliseconds(50)

    private let address: RedisAddress

    public init(_ address: RedisAddress) {
        self.address = address
    }

    public func run() async -> [Finding] {
        let client: RedisClient
        var times: [Duration] = []
        do throws(RedisError) {
            client = try RedisClient(address)
            _ = try await client.send(RedisCommand("PING"), deadline: .seconds(3))
            for _ in 0..<5 {
                let started = ContinuousClock.now
                _ = try await client.send(RedisCommand("PING"), deadline: .seconds(3))
                times.append(started.duration(to: .now))
            }
        } catch {
            return [
                Finding(
                    Self.subject, "connection", .broken, "\(address): \(error.word)", advice: Self.advice(error.code))
            ]
        }
        let elapsed = times.sorted()[2]
        let milliseconds = Double(elapsed.components.attoseconds) / 1e15 + Double(elapsed.components.seconds) * 1e3
        let round = "answers in \((milliseconds * 10).rounded() / 10) ms, the median of five"
        var findings = [
            elapsed > Self.slowAfter
                ? Finding(
                    Self.subject, "connection", .warning, round, advice: "put Redis nearer: a slow cache is no gain")
                : Finding(Self.subject, "connection", .well, round)
        ]
        findings += await server(client)
        findings.append(await rights(client))
        return findings
    }

    // MARK: Questions

    private func server(_ client: RedisClient) async -> [Finding] {
        var facts: [Substring: Substring] = [:]
        do throws(RedisError) {
            for section in ["server", "replication", "memory"] {
                let answer = try await client.send(RedisCommand("INFO", .text(section)))
                for line in (answer.text ?? "").split(whereSeparator: \.isNewline) {
                    guard let colon = line.firstIndex(of: ":") else { continue }
                    facts[line[..<colon]] = line[line.index(after: colon)...]
                }
            }
        } catch {
            return [
                Finding(
                    Self.subject, "version", .warning, "INFO: \(error.word)",
                    advice: "let the user run INFO while the doctor asks (ACL SETUSER leadwire +info), or look yourself"
                )
            ]
        }
        var findings: [Finding] = []
        let version = facts["redis_version"].map(String.init) ?? "unknown"
        let parts = version.split(separator: ".").compactMap { Int($0) }
        let isOld = parts.count < 2 || (parts[0], parts[1]) < (6, 2)
        findings.append(
            isOld
                ? Finding(Self.subject, "version", .broken, version, advice: "Redis 6.2 or newer is needed")
                : Finding(Self.subject, "version", .well, version))
        if facts["role"] != "master" {
            findings.append(
                Finding(
                    Self.subject, "role", .broken, "a replica, which takes no writes",
                    advice: "name the primary, or a name that follows it"))
        }
        let policy = facts["maxmemory_policy"].map(String.init) ?? "unknown"
        if facts["maxmemory"] == "0" {
            findings.append(
                Finding(
                    Self.subject, "memory", .warning, "without a limit",
                    advice: "set maxmemory, and maxmemory-policy volatile-ttl"))
        } else if policy == "noeviction" {
            findings.append(
                Finding(
                    Self.subject, "memory", .warning, "at its limit it takes nothing new (noeviction)",
                    advice: "set maxmemory-policy volatile-ttl"))
        } else {
            findings.append(Finding(Self.subject, "memory", .well, policy))
        }
        return findings
    }

    /// Uses what serving uses, on a ticket that is used up again.
    private func rights(_ client: RedisClient) async -> Finding {
        let tickets = RedisTickets(client)
        var generator = SystemRandomNumberGenerator()
        let ticket = "doctor \(generator.next() as UInt64)"
        do throws(RedisError) {
            _ = try await tickets.put(ticket: ticket, value: [1], timeToLive: .seconds(5))
            guard try await tickets.take(ticket: ticket) == [1] else {
                return Finding(
                    Self.subject, "rights", .broken, "what was written could not be read again",
                    advice: "look whether something removes keys there")
            }
            // Tells the nodes to look now, which they do every second anyway.
            try await RedisEventLog(client).notify([])
            _ = try await client.run(Self.script, keys: [.bytes(RedisKeys.control)], arguments: [])
        } catch {
            return Finding(Self.subject, "rights", .broken, error.word, advice: Self.advice(error.code))
        }
        return Finding(Self.subject, "rights", .well, "reads, writes, runs scripts")
    }

    private static let script = RedisScript("return redis.call('EXISTS', KEYS[1])")

    private static func advice(_ code: RedisError.Code) -> String {
        switch code {
        case .refused: "start Redis, or correct the host and port"
        case .tls:
            "rediss:// needs a server with TLS and a certificate that ?cafile= or the system knows; else redis://"
        case .deadline: "look whether a firewall drops packets, and whether Redis is busy"
        case .auth: "correct the user and password"
        case .denied: "give the user the rights that docs/operations.md lists"
        case .readOnly: "name the primary, or mend what keeps it from saving"
        case .outOfMemory: "set maxmemory-policy volatile-ttl, or give it more memory"
        case .loading, .busy: "wait, and ask again"
        case .cluster: "clusters are not served: name a single server"
        case .noScript, .lost, .overloaded, .malformed, .tooLarge, .cancelled, .closed, .other: "see Redis's own log"
        }
    }
}
