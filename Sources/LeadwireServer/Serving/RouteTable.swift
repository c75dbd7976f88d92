import HTTPTypes

/// Finds the route of a path. Segments are compared after percent-decoding, so an encoded `/` stays inside its segment.
struct RouteTable: Sendable {
    enum Match: Sendable {
        case route(Route, parameters: [String])
        /// The path is known, the method is not.
        case otherMethods([HTTPRequest.Method])
        case unknownPath
        /// Not percent-encoded UTF-8.
        case badPath
    }

    /// More segments than any route has.
    private static let maximumSegments = 16

    private let bySegmentCount: [Int: [Route]]

    let routes: [Route]

    init(_ routes: [Route]) {
        self.routes = routes
        bySegmentCount = Dictionary(grouping: routes, by: \.segments.count)
    }

    func match(_ method: HTTPRequest.Method, path: Substring) -> Match {
        guard path.utf8.first == UInt8(ascii: "/") else { return .badPath }
        let parts = path.utf8.dropFirst().split(
            separator: UInt8(ascii: "/"), maxSplits: Self.maximumSegments, omittingEmptySubsequences: false)
        guard let candidates = bySegmentCount[parts.count] else { return .unknownPath }
        var decoded: [String] = []
        decoded.reserveCapacity(parts.count)
        for part in parts {
            guard let segment = PercentCoding.decode(part) else { return .badPath }
            decoded.append(segment)
        }
        var methods: [HTTPRequest.Method] = []
        for route in candidates where Self.fits(route, decoded) {
            if route.method == method || (method == .head && route.method == .get) {
                return .route(route, parameters: Self.parameters(of: route, in: decoded))
            }
            if !methods.contains(route.method) { methods.append(route.method) }
        }
        if methods.isEmpty { return .unknownPath }
        if methods.contains(.get) { methods.append(.head) }
        return .otherMethods(methods + [.options])
    }

    private static func fits(_ route: Route, _ segments: [String]) -> Bool {
        for (expected, given) in zip(route.segments, segments) {
            switch expected {
            case .literal(let text): if text != given { return false }
            case .variable: if given.isEmpty { return false }
            }
        }
        return true
    }

    private static func parameters(of route: Route, in segments: [String]) -> [String] {
        zip(route.segments, segments).filter { $0.0 == .variable }.map(\.1)
    }
}
