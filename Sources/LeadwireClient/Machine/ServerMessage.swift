import JSONBytes

/// One message of the server, read. Unknown types and fields are no errors: the contract may grow.
enum ServerMessage {
    case event(LeadwireEvent)
    /// Keeps its offset and says nothing.
    case erased(offset: UInt64)
    case subscribed(id: String?, LeadwireSubscription)
    /// Everything asked for up to here was sent.
    case heartbeat(LeadwirePosition)
    case gap(LeadwireGap)
    case reset(LeadwireReset)
    case tokenExpiring
    case tokenRefreshed
    case goingAway(reconnect: Bool, afterMilliseconds: Int?)
    case error(id: String?, code: String, message: String, isRetryable: Bool)
    /// `pong`, `status`, and whatever a newer server says.
    case other

    /// Why a message could not be read; holds nothing of its content.
    struct Problem: Error, Equatable {
        let text: String
    }

    /// At most `limit` bytes. `epoch` is the log's as far as it is known: events that name none belong to it.
    init(_ bytes: [UInt8], limit: Int, epoch: String?) throws(Problem) {
        let root: JSONElement
        do {
            root = try JSONDocument(parsing: bytes, limits: JSONLimits(maximumDepth: 32, maximumBytes: limit)).root
        } catch {
            throw Problem(text: "\(error)")
        }
        if let name = root["event_type"]?.string {
            self = try Self.event(name, root, epoch)
            return
        }
        switch root["type"]?.string {
        case "subscription_updated": self = .subscribed(id: root["id"]?.string, try Self.subscription(root))
        case "hb": self = .heartbeat(try Self.position(root))
        case "gap": self = .gap(try Self.gap(root))
        case "reset":
            let reason = root["reason"]?.string ?? "epoch_changed"
            self = .reset(LeadwireReset(position: try Self.position(root), reason: reason))
        case "token_expiring": self = .tokenExpiring
        case "token_refreshed": self = .tokenRefreshed
        case "going_away":
            self = .goingAway(
                reconnect: root["reconnect"]?.bool ?? true, afterMilliseconds: root["after_ms"]?.int)
        case "error":
            self = .error(
                id: root["id"]?.string, code: root["code"]?.string ?? "unknown",
                message: root["message"]?.string ?? "", isRetryable: root["retryable"]?.bool ?? false)
        case .some: self = .other
        case nil: throw Problem(text: "a message without a type")
        }
    }

    private static func event(_ name: String, _ root: JSONElement, _ epoch: String?) throws(Problem) -> Self {
        let offset = try optionalOffset(root, "offset")
        if name == "erased" {
            guard let offset else { throw Problem(text: "an erased event without an offset") }
            return .erased(offset: offset)
        }
        guard let data = root["data"] else { throw Problem(text: "an event without data") }
        var position: LeadwirePosition?
        if let offset, let epoch = root["epoch"]?.string ?? epoch {
            position = LeadwirePosition(epoch: epoch, offset: offset)
        }
        return .event(
            LeadwireEvent(
                name: LeadwireEventName(rawValue: name), id: root["id"]?.string,
                timestamp: root["timestamp"]?.string, position: position, data: Array(data.bytes)))
    }

    private static func subscription(_ root: JSONElement) throws(Problem) -> LeadwireSubscription {
        var denied: [LeadwireSubscription.Denial] = []
        for element in root["denied"]?.elements.map({ $0 }) ?? [] {
            let name = LeadwireEventName(rawValue: element["event"]?.string ?? "")
            denied.append(.init(name: name, reason: element["reason"]?.string ?? "unknown"))
        }
        return LeadwireSubscription(
            names: names(root["subscriptions"]), denied: denied, connectionID: root["connection_id"]?.string,
            position: try position(root), recovered: root["recovered"]?.bool ?? false,
            replaying: UInt64(clamping: root["replaying"]?.int ?? 0))
    }

    private static func gap(_ root: JSONElement) throws(Problem) -> LeadwireGap {
        guard let from = try optionalOffset(root, "from"), let to = try optionalOffset(root, "to"), from <= to else {
            throw Problem(text: "a gap without a range")
        }
        return LeadwireGap(
            names: names(root["event_types"]), offsets: from...to, epoch: root["epoch"]?.string,
            reason: root["reason"]?.string ?? "unknown")
    }

    private static func names(_ element: JSONElement?) -> [LeadwireEventName] {
        element?.elements.compactMap { $0.string.map(LeadwireEventName.init(rawValue:)) } ?? []
    }

    private static func position(_ root: JSONElement) throws(Problem) -> LeadwirePosition {
        guard let epoch = root["epoch"]?.string, let offset = try optionalOffset(root, "offset") else {
            throw Problem(text: "a message without a position")
        }
        return LeadwirePosition(epoch: epoch, offset: offset)
    }

    /// Nil for absent and null; anything else that is no offset is an error, never a nil.
    private static func optionalOffset(_ root: JSONElement, _ key: String) throws(Problem) -> UInt64? {
        guard let element = root[key], !element.isNull else { return nil }
        guard let value = element.int, value >= 0 else { throw Problem(text: "`\(key)` is not an offset") }
        return UInt64(value)
    }
}
