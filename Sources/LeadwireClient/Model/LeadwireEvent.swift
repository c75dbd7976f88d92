import JSONBytes

/// A place in the server's log. Keep the newest one that you have dealt with, and a new stream goes on from there.
public struct LeadwirePosition: Sendable, Hashable {
    /// Which log: it changes when the server lost or replaced its log, and offsets of another epoch mean nothing.
    public var epoch: String
    /// Dense from 1 within the epoch; 0 stands before the first event.
    public var offset: UInt64

    public init(epoch: String, offset: UInt64) {
        self.epoch = epoch
        self.offset = offset
    }
}

/// One event of the stream.
public struct LeadwireEvent: Sendable, Hashable {
    public let name: LeadwireEventName
    /// Unique to the event.
    public let id: String?
    /// When it happened: RFC 3339, UTC, as the server wrote it.
    public let timestamp: String?
    /// Where it stands in the log. Nil for an event that the server never logged: it can't be replayed, and comes at
    /// most once.
    public let position: LeadwirePosition?
    /// The event's `data`: one JSON value, UTF-8, exactly as it was sent.
    public let data: [UInt8]

    public init(
        name: LeadwireEventName, id: String?, timestamp: String?, position: LeadwirePosition?, data: [UInt8]
    ) {
        self.name = name
        self.id = id
        self.timestamp = timestamp
        self.position = position
        self.data = data
    }

    /// `data` of `lead_scored` and `score_changed` with types; nil for other events, and where `data` names no lead.
    /// Parses at every call.
    public var score: LeadwireScore? {
        guard name == .leadScored || name == .scoreChanged else { return nil }
        return LeadwireScore(json: data)
    }
}
