/// How much of everything one request may be; each limit is answered with 413, or 422 naming the field.
public struct RequestLimits: Sendable, Hashable {
    public var bodyBytes = 1 << 20
    /// Of `/batch-score` and `/v2`.
    public var batchBodyBytes = 8 << 20
    /// A model artifact of `POST /models`.
    public var modelBytes = 16 << 20
    /// One line of `/batch-score/stream`.
    public var lineBytes = 256 << 10
    /// After a 413 this much of the body in all is read and thrown away, so that the client sees the answer.
    public var discardedBytes = 16 << 20
    public var batchLeads = 100
    public var jsonDepth = 16
    /// Of request headers in all.
    public var headerBytes = 64 << 10

    public init() {}

    /// Of any body: what is larger is not read to its end.
    var mostRead: Int { max(discardedBytes, bodyBytes, batchBodyBytes, modelBytes) }
}
