public import Redis

/// One-use tickets that any node gives and any node takes. A ticket stands in Redis as a digest: who reads the database
/// can't use it.
public struct RedisTickets: Sendable {
    private let client: RedisClient
    private let deadline: Duration

    public init(_ client: RedisClient, deadline: Duration = .milliseconds(500)) {
        self.client = client
        self.deadline = deadline
    }

    /// Keeps `value` under a ticket that was not given before. False when it was.
    public func put(
        ticket: String, value: [UInt8], timeToLive: Duration = .seconds(30)
    ) async throws(RedisError) -> Bool {
        let milliseconds = max(1, Int64(timeToLive / .milliseconds(1)))
        let answer = try await client.send(
            RedisCommand(
                "SET", .bytes(RedisKeys.ticket(ticket)), .bytes(value), "PX", .integer(milliseconds), "NX"),
            deadline: deadline)
        return answer != .null
    }

    /// What was kept under the ticket, which is then used up; nil for one that was never given, was used, or has ended.
    public func take(ticket: String) async throws(RedisError) -> [UInt8]? {
        try await client.send(RedisCommand("GETDEL", .bytes(RedisKeys.ticket(ticket))), deadline: deadline).bytes
    }
}
