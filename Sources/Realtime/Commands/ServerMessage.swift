import JSONBytes

/// Everything the hub says of its own accord or in answer. Events are ``Publication``s.
struct ServerMessage {
    let type: StaticString
    /// One JSON object, without line breaks.
    let json: [UInt8]
    /// Where a client stands that has read this; nil leaves it where it was. The id of a Server-Sent Event.
    var position: StreamPosition?

    /// `{"type": …, "id": …` and what `body` adds.
    static func text(
        _ type: StaticString, id: [UInt8]? = nil, at position: StreamPosition? = nil,
        _ body: (inout JSONWriter) -> Void
    ) -> ServerMessage {
        var writer = JSONWriter(reserving: 160)
        writer.beginObject()
        writer.key("type")
        writer.value(type)
        if let id {
            writer.key("id")
            writer.raw(id)
        }
        body(&writer)
        writer.endObject()
        return ServerMessage(type: type, json: writer.bytes, position: position)
    }

    static func acknowledgement(_ type: StaticString, id: [UInt8]?, at: Int64) -> ServerMessage {
        text(type, id: id) { $0.member("timestamp", WallTime.rfc3339(at)) }
    }

    static func error(_ error: CommandError, id: [UInt8]?) -> ServerMessage {
        text("error", id: id) {
            $0.member("code", error.code.rawValue)
            $0.member("message", error.message)
            $0.member("retryable", error.isRetryable)
        }
    }

    struct SubscriptionUpdate {
        var subscriptions: EventSet
        var denied: [(event: String, reason: String)] = []
        var connectionID: String
        var position: StreamPosition
        var recovered = false
        var replaying: UInt64 = 0
        /// The client asked for nothing earlier: it stands at `position` from now on.
        var isStart = false
    }

    static func subscriptionUpdated(_ update: SubscriptionUpdate, id: [UInt8]?) -> ServerMessage {
        text("subscription_updated", id: id, at: update.isStart ? update.position : nil) { writer in
            names(update.subscriptions.names, under: "subscriptions", &writer)
            writer.key("denied")
            writer.beginArray()
            for (event, reason) in update.denied {
                writer.beginObject()
                writer.member("event", event)
                writer.member("reason", reason)
                writer.endObject()
            }
            writer.endArray()
            writer.member("connection_id", update.connectionID)
            writer.member("epoch", update.position.epoch)
            writer.member("offset", update.position.offset)
            writer.member("recovered", update.recovered)
            writer.member("replaying", update.replaying)
        }
    }

    /// "You have everything that you asked for up to this offset."
    static func heartbeat(_ position: StreamPosition, at: Int64) -> ServerMessage {
        text("hb", at: position) {
            $0.member("epoch", position.epoch)
            $0.member("offset", position.offset)
            $0.member("timestamp", WallTime.rfc3339(at))
        }
    }

    /// Events of these names from `range` will not come: read the state anew.
    static func gap(
        _ events: [EventName], _ range: ClosedRange<UInt64>, epoch: String, reason: GapReason
    ) -> ServerMessage {
        text("gap") { writer in
            names(events, under: "event_types", &writer)
            writer.member("from", range.lowerBound)
            writer.member("to", range.upperBound)
            writer.member("epoch", epoch)
            writer.member("reason", reason.rawValue)
        }
    }

    static func reset(_ position: StreamPosition, reason: StaticString) -> ServerMessage {
        text("reset", at: position) { writer in
            writer.member("epoch", position.epoch)
            writer.member("offset", position.offset)
            writer.key("reason")
            writer.value(reason)
        }
    }

    static func tokenExpiring(milliseconds: Int64) -> ServerMessage {
        text("token_expiring") { $0.member("in_ms", milliseconds) }
    }

    static func goingAway(afterMilliseconds: Int) -> ServerMessage {
        text("going_away") {
            $0.member("reconnect", true)
            $0.member("after_ms", afterMilliseconds)
        }
    }

    /// What a WebSocket says by its close frame.
    static func closed(_ code: CloseCode) -> ServerMessage {
        text("close") {
            $0.member("code", Int(code.number))
            $0.member("reason", code.name)
            $0.member("reconnect", code.allowsReconnect)
        }
    }

    static func names(_ events: [EventName], under key: StaticString, _ writer: inout JSONWriter) {
        writer.key(key)
        writer.beginArray()
        for event in events { writer.value(event.rawValue) }
        writer.endArray()
    }
}

enum GapReason: String {
    /// Neither memory nor the history reaches back so far.
    case evicted
    /// The history could not be read.
    case historyUnavailable = "history_unavailable"
    /// Further back than a replay may go.
    case tooOld = "too_old"
    /// The reader was behind; older states of a thing were left out, the newest follows.
    case conflated
}
