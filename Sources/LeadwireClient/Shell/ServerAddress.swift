/// Where a server is: the parts of a URL that a WebSocket needs.
struct ServerAddress: Equatable, Sendable {
    static let defaultPath = "/api/v1/ml/ws/live-scores"

    let isSecure: Bool
    /// Without the brackets of an IPv6 address.
    let host: String
    let port: Int
    let path: String

    /// `Host` as RFC 9110, section 7.2 wants it.
    var hostHeader: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    init(_ url: String) throws(LeadwireURLError) {
        guard let separator = url.firstRange(of: "://") else { throw LeadwireURLError("it has no scheme") }
        switch url[..<separator.lowerBound].lowercased() {
        case "ws", "http": isSecure = false
        case "wss", "https": isSecure = true
        default: throw LeadwireURLError("its scheme is none of ws, wss, http, https")
        }
        let rest = url[separator.upperBound...]
        guard rest.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw LeadwireURLError("it holds a character that must be percent-encoded")
        }
        guard !rest.contains(where: { "?#@".contains($0) }) else {
            throw LeadwireURLError("it holds a query, a fragment or a password; a token belongs into `token:`")
        }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        path = slash == rest.endIndex || rest[slash...] == "/" ? Self.defaultPath : String(rest[slash...])
        (host, port) = try Self.hostAndPort(rest[..<slash], isSecure: isSecure)
    }

    private static func hostAndPort(
        _ authority: Substring, isSecure: Bool
    ) throws(LeadwireURLError) -> (String, Int) {
        var name = authority
        var portText: Substring?
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { throw LeadwireURLError("a bracket is not closed") }
            name = authority[authority.index(after: authority.startIndex)..<end]
            let after = authority[authority.index(after: end)...]
            guard after.isEmpty || after.hasPrefix(":") else { throw LeadwireURLError("its port is not a number") }
            portText = after.isEmpty ? nil : after.dropFirst()
        } else if let colon = authority.firstIndex(of: ":") {
            name = authority[..<colon]
            portText = authority[authority.index(after: colon)...]
        }
        guard !name.isEmpty else { throw LeadwireURLError("it has no host") }
        guard let portText else { return (String(name), isSecure ? 443 : 80) }
        guard let port = Int(portText), (1...65_535).contains(port) else {
            throw LeadwireURLError("its port is not a number in 1...65535")
        }
        return (String(name), port)
    }
}

/// A URL that no server can be reached at. The text does not repeat the URL.
public struct LeadwireURLError: Error, Sendable, Hashable, CustomStringConvertible {
    public let description: String

    init(_ problem: String) { description = "the URL can't be used: \(problem)" }
}
