import Foundation

/// How one store finds out, after a connection broke while it committed, whether the commit took place.
///
/// Each transaction writes its number into the store's own row of `writers`, and thereby locks it until it ends. Whoever
/// reads the row under its lock knows that the transaction has ended, and by the number how: the question has an answer
/// even if the server is still at work on what the broken connection sent.
struct WriterIdentity: Sendable {
    let id = UUID().uuidString.lowercased()

    /// Within a transaction: this is its number.
    func noting(_ number: Int64) -> Statement {
        Statement(
            """
            INSERT INTO writers (id, number, at) VALUES ($1, $2, now())
            ON CONFLICT (id) DO UPDATE SET number = excluded.number, at = now()
            """
        ).binding(id).binding(number)
    }

    /// The number of the last transaction that was committed, 0 for none; waits for one that has not ended. The row is
    /// inserted rather than looked for, so that an insertion that has not ended is waited for too.
    var lastCommitted: Statement {
        Statement(
            """
            INSERT INTO writers (id, number, at) VALUES ($1, 0, now())
            ON CONFLICT (id) DO UPDATE SET at = now() RETURNING number
            """
        ).binding(id)
    }

    /// Part of the session's `application_name`.
    var label: String { "writer " + id.prefix(8) }

    /// Ends the server's process of a connection that broke, if it is ours and still there: it may wait for a client that
    /// has gone.
    func ending(_ process: Int32) -> Statement {
        Statement(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE pid = $1 AND usename = current_user AND datname = current_database()
                AND application_name LIKE '%' || $2
            """
        ).binding(Int64(process)).binding(label)
    }

    /// Rows of stores that ended long ago.
    static let forgetting = Statement.once("DELETE FROM writers WHERE at < now() - interval '30 days'")
}
