import JSONBytes

/// What a client may ask for, read from one message.
enum Command: Equatable {
    case subscribe(SubscribeRequest)
    case unsubscribe(EventSelection)
    case ping, heartbeat, getStatus
    case refresh(token: String)
    /// The first message of a connection that came without a token.
    case authenticate(token: String)
}

struct SubscribeRequest: Equatable {
    var selection: EventSelection
    var filter: Filter?
    var since: StreamPosition?
}

/// A place in a tenant's log.
struct StreamPosition: Equatable, Sendable {
    var epoch: String
    var offset: UInt64
}

/// The names a client gave: those that exist, and those that don't, in its order.
struct EventSelection: Equatable {
    var events: EventSet = []
    /// `"*"`: everything the role may see, and nothing is denied.
    var isEverything = false
    var unknown: [String] = []
}

/// Why a message was not carried out. The text names fields, never their values.
struct CommandError: Error, Equatable {
    enum Code: String {
        case invalidJSON = "invalid_json"
        case invalidMessage = "invalid_message"
        case invalidID = "invalid_id"
        case unknownType = "unknown_type"
        case invalidEvents = "invalid_events"
        case invalidFilter = "invalid_filter"
        case invalidSince = "invalid_since"
        case invalidToken = "invalid_token"
        case refreshUnavailable = "refresh_unavailable"
        case unauthenticated
        case alreadyAuthenticated = "already_authenticated"
        case tooManyFilters = "too_many_filters"
        case historyUnavailable = "history_unavailable"
        case busy
        case rateLimited = "rate_limited"
    }

    let code: Code
    let message: String
    var isRetryable: Bool { [.busy, .rateLimited, .historyUnavailable, .tooManyFilters].contains(code) }
}

/// A message with its `id`, which every answer repeats as the client wrote it.
struct Request {
    static let maximumIDBytes = 128
    static let maximumNames = 64

    /// JSON, a string or a number; nil if there was none, or none that can be repeated.
    private(set) var id: [UInt8]?
    private(set) var command: Result<Command, CommandError>

    init(_ message: [UInt8]) {
        do throws(CommandError) {
            let root = try Self.object(message)
            if let element = root["id"], !element.isNull {
                guard element.kind == .string || element.kind == .number, element.bytes.count <= Self.maximumIDBytes
                else { throw CommandError(code: .invalidID, message: "`id` is a string or a number of 1...128 bytes") }
                id = Array(element.bytes)
            }
            command = .success(try Self.command(root))
        } catch {
            command = .failure(error)
        }
    }

    private static func object(_ message: [UInt8]) throws(CommandError) -> JSONElement {
        let document: JSONDocument
        do {
            document = try JSONDocument(parsing: message)
        } catch {
            throw CommandError(code: .invalidJSON, message: "\(error)")
        }
        guard document.root.kind == .object else {
            throw CommandError(code: .invalidMessage, message: "a message is a JSON object with a `type`")
        }
        return document.root
    }

    private static func command(_ root: JSONElement) throws(CommandError) -> Command {
        guard let type = root["type"]?.string else {
            throw CommandError(code: .invalidMessage, message: "`type` is missing or not a string")
        }
        switch type {
        case "subscribe":
            return .subscribe(
                SubscribeRequest(
                    selection: try selection(root["events"]), filter: try filter(root["filter"]),
                    since: try since(root["since"])))
        case "unsubscribe": return .unsubscribe(try selection(root["events"]))
        case "ping": return .ping
        case "heartbeat": return .heartbeat
        case "get_status": return .getStatus
        case "refresh": return .refresh(token: try token(root["token"]))
        case "auth": return .authenticate(token: try token(root["token"]))
        default:
            throw CommandError(
                code: .unknownType,
                message: "unknown `type`; known are subscribe, unsubscribe, ping, heartbeat, get_status, refresh, auth")
        }
    }

    private static func token(_ element: JSONElement?) throws(CommandError) -> String {
        guard let token = element?.string, !token.isEmpty else {
            throw CommandError(code: .invalidToken, message: "`token` is missing or not a string")
        }
        return token
    }

    private static func selection(_ element: JSONElement?) throws(CommandError) -> EventSelection {
        guard let element, element.kind == .array, (1...maximumNames).contains(element.count) else {
            throw CommandError(
                code: .invalidEvents, message: "`events` is a list of 1...\(maximumNames) names, or [\"*\"]")
        }
        var selection = EventSelection()
        for element in element.elements {
            guard let name = element.string, (1...128).contains(name.utf8.count) else {
                throw CommandError(code: .invalidEvents, message: "each of `events` is a string of 1...128 bytes")
            }
            if name == "*" {
                selection.isEverything = true
            } else if let event = EventName(rawValue: name) {
                selection.events.insert(EventSet(event))
            } else if !selection.unknown.contains(name) {
                selection.unknown.append(name)
            }
        }
        return selection
    }

    private static func filter(_ element: JSONElement?) throws(CommandError) -> Filter? {
        guard let element, !element.isNull else { return nil }
        do {
            return try FilterReader.filter(from: element)
        } catch {
            throw CommandError(code: .invalidFilter, message: error.message)
        }
    }

    private static func since(_ element: JSONElement?) throws(CommandError) -> StreamPosition? {
        guard let element, !element.isNull else { return nil }
        guard let epoch = element["epoch"]?.string, (1...64).contains(epoch.utf8.count),
            let offset = element["offset"]?.int, offset >= 0
        else {
            throw CommandError(
                code: .invalidSince, message: "`since` is {\"epoch\": string, \"offset\": whole number from 0}")
        }
        return StreamPosition(epoch: epoch, offset: UInt64(offset))
    }
}
