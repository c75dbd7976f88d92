import Scoring

/// One thread's connection: made when it is first needed, and again after it broke.
struct Session {
    let connector: Connector
    let configuration: PostgresConfiguration
    /// Nil for a session that only reads.
    let writer: WriterIdentity?
    private var connection: PostgresConnection?
    private var madeAt = ContinuousClock.now

    init(_ connector: Connector, _ configuration: PostgresConfiguration, writer: WriterIdentity? = nil) {
        self.connector = connector
        self.configuration = configuration
        self.writer = writer
    }

    /// Open and in order, as far as can be seen without asking.
    mutating func usable() throws(StoreError) -> PostgresConnection {
        if let connection, connector.trusts(madeAt), !connection.isStale() { return connection }
        connection = nil
        let fresh = try connector.connect(writer)
        madeAt = .now
        connection = fresh
        return fresh
    }

    /// Runs the body; once more on a fresh connection if the first, which had stood idle, turned out to be broken. Only
    /// for what may run twice.
    mutating func perform<Value>(_ body: (PostgresConnection) throws -> Value) throws -> Value {
        let wasIdle = connection != nil
        do {
            return try attempt(body)
        } catch PostgresFailure.connectionLost where wasIdle {
            return try attempt(body)
        }
    }

    private mutating func attempt<Value>(_ body: (PostgresConnection) throws -> Value) throws -> Value {
        let current = try usable()
        do {
            return try body(current)
        } catch {
            if current.isUsable {
                current.rollBack(within: configuration.queryDeadline)
            }
            if !current.isUsable {
                connection = nil
                connector.noteBreak()
            }
            throw error
        }
    }

    mutating func close() { connection = nil }
}
