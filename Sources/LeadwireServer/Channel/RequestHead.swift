import HTTPTypes
import NIOHTTP1

/// What the gate reads of a request, whichever library parsed it.
struct RequestHead: Sendable {
    var host: String?
    var origin: [String]
    var fetchSite: [String]
    var authorization: [String]
    /// What `Sec-WebSocket-Protocol` offers, in order.
    var subprotocols: [String]
    /// Path and query as they came.
    var target: Substring
    /// A header that only a proxy adds, if there is one.
    var proxyHeader: String?

    /// Named by RFC 7239, by custom and by RFC 9110: any of them says that a proxy stands in between.
    static func isProxyHeader(_ name: String) -> Bool {
        let lowercased = name.lowercased()
        return lowercased.hasPrefix("x-forwarded-") || ["forwarded", "x-real-ip", "via"].contains(lowercased)
    }

    private init(
        host: String?, target: String, names: some Sequence<String>, values: (String) -> [String]
    ) {
        self.host = host
        self.target = Substring(target)
        origin = values("origin")
        fetchSite = values("sec-fetch-site")
        authorization = values("authorization")
        subprotocols = values("sec-websocket-protocol").flatMap { $0.split { ", \t".contains($0) } }.map(String.init)
        proxyHeader = names.first(where: Self.isProxyHeader)
    }

    init(_ head: HTTPRequestHead) {
        let hosts = head.headers["host"]
        self.init(
            host: hosts.count == 1 ? hosts[0] : nil, target: head.uri, names: head.headers.lazy.map(\.name),
            values: { head.headers[$0] })
    }

    init(_ request: HTTPRequest) {
        self.init(
            host: request.authority, target: request.path ?? "", names: request.headerFields.lazy.map(\.name.rawName),
            values: { name in HTTPField.Name(name).map { request.headerFields[values: $0] } ?? [] })
    }
}
