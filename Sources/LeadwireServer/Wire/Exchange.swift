import HTTPTypes
import Hummingbird
import Leads
import NIOCore
import Realtime

/// One request on its way through a route: who asks, what for, and the body that is still to be read.
struct Exchange: Sendable {
    /// Names this request in the answer and in the log.
    var id: String
    var method: HTTPRequest.Method
    /// The percent-decoded values of the route's variable segments, in order.
    var parameters: [String]
    var query: QueryParameters
    var headers: HTTPFields
    var body: RequestBody
    /// Nobody in particular where ``isAnonymous``: of no tenant.
    var principal: Principal
    var isAnonymous = false
    var limits: RequestLimits
    var remoteAddress: SocketAddress?
    var started: ContinuousClock.Instant

    var tenant: Tenant { Tenant(principal.tenant) }

    func header(_ name: HTTPField.Name) -> String? { headers[name] }
}

/// What a route answers: a status, headers and bytes, or a body that is written while it is made.
struct Reply: Sendable {
    /// Runs where Hummingbird's own writer runs, off any actor.
    typealias BodyWriter = @concurrent @Sendable (inout any ResponseBodyWriter) async throws -> Void

    enum Body: Sendable {
        case bytes([UInt8])
        case stream(BodyWriter)
        /// The head alone is sent as a response; then the connection is handed over, on its event loop, with how the
        /// head promised the body: in chunks, or ended by the connection. It closes with the stream, or when this throws.
        case takeOver(@Sendable (any Channel, _ isChunked: Bool) throws -> Void)
    }

    var status: Int = 200
    var contentType = Reply.json
    var headers: [(name: String, value: String)] = []
    var body: Body

    static let json = "application/json"
    static let bytes = "application/octet-stream"
    static let ndjson = "application/x-ndjson"
    static let eventStream = "text/event-stream"

    static func json(_ bytes: [UInt8], status: Int = 200) -> Reply {
        Reply(status: status, body: .bytes(bytes))
    }
}
