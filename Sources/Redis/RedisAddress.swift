/// Where a Redis server is: `redis://user:password@host:port/database`, or `rediss://` with TLS.
///
/// Port 6379 and database 0 where nothing is said; user and password percent-encoded. `rediss://` checks the server's
/// certificate and its name against the system's roots, or against those in the PEM file of `?cafile=`.
public struct RedisAddress: Sendable, Hashable, CustomStringConvertible {
    public let isSecure: Bool
    /// Without the brackets of an IPv6 address.
    public let host: String
    public let port: Int
    public let database: Int
    /// PEM file of the roots to trust; nil for the system's.
    public let certificateFile: String?
    let user: String?
    let password: String?

    public static let defaultPort = 6_379

    /// True for text that is meant for Redis, right or wrong.
    public static func isOne(_ text: String) -> Bool { scheme(of: text) != nil }

    /// - Throws: ``RedisAddressError``, which repeats nothing of the text but an unknown option's name.
    public init(_ text: String) throws(RedisAddressError) {
        guard let scheme = Self.scheme(of: text) else {
            throw RedisAddressError("it begins with neither redis:// nor rediss://")
        }
        isSecure = scheme.isSecure
        var rest = text.dropFirst(scheme.length)
        guard rest.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), !rest.contains("#") else {
            throw RedisAddressError("it holds a character that must be percent-encoded")
        }
        var query: Substring?
        if let mark = rest.firstIndex(of: "?") {
            query = rest[rest.index(after: mark)...]
            rest = rest[..<mark]
        }
        var path = Substring()
        if let slash = rest.firstIndex(of: "/") {
            path = rest[rest.index(after: slash)...]
            rest = rest[..<slash]
        }
        guard !path.contains("@"), !(query ?? "").contains("@") else {
            throw RedisAddressError("a / or ? in user or password must be percent-encoded")
        }
        (user, password) = try Self.credentials(rest)
        let place = rest.lastIndex(of: "@").map { rest[rest.index(after: $0)...] } ?? rest
        (host, port) = try Self.hostAndPort(place)
        guard path.isEmpty || path.utf8.allSatisfy({ (48...57).contains($0) }), path.utf8.count <= 5 else {
            throw RedisAddressError("what follows the host must be the number of a database, such as /0")
        }
        database = Int(path) ?? 0
        certificateFile = try Self.certificateFile(query, isSecure: isSecure)
    }

    /// The same without its password.
    public var description: String {
        let name = host.contains(":") ? "[\(host)]" : host
        let who = password == nil ? "" : "\(user.map { Self.encoded($0) } ?? ""):***@"
        let option = certificateFile.map { "?cafile=\(Self.encoded($0, keeping: "/"))" } ?? ""
        return "\(isSecure ? "rediss" : "redis")://\(who)\(name):\(port)/\(database)\(option)"
    }

    /// An address, right or wrong, without its passwords.
    public static func masked(_ text: String) -> String {
        if let address = try? RedisAddress(text) { return address.description }
        guard let separator = text.firstRange(of: "://") else { return "***" }
        let rest = text[separator.upperBound...]
        guard let at = rest.lastIndex(of: "@") else {
            // Without an @ a password may stand where the port should.
            return rest.contains(":") || rest.contains("?") ? text[..<separator.upperBound] + "***" : text
        }
        let user = rest[..<at].firstIndex(of: ":").map { rest[..<$0] } ?? ""
        let place = rest[at...].prefix { $0 != "?" }
        return text[..<separator.upperBound] + user + ":***" + place
    }

    // MARK: Parts

    private static func scheme(of text: String) -> (isSecure: Bool, length: Int)? {
        for (name, isSecure) in [("redis://", false), ("rediss://", true)]
        where text.prefix(name.count).lowercased() == name {
            return (isSecure, name.count)
        }
        return nil
    }

    private static func credentials(
        _ authority: Substring
    ) throws(RedisAddressError) -> (user: String?, password: String?) {
        guard let at = authority.lastIndex(of: "@") else { return (nil, nil) }
        let both = authority[..<at]
        guard let colon = both.firstIndex(of: ":"), !both.contains("@") else {
            throw RedisAddressError(
                "write redis://user:password@host or redis://:password@host, with % codes for special characters")
        }
        let (user, password) = (both[..<colon], both[both.index(after: colon)...])
        guard !password.isEmpty else { throw RedisAddressError("the password is empty") }
        return (user.isEmpty ? nil : try decoded(user), try decoded(password))
    }

    private static func hostAndPort(_ place: Substring) throws(RedisAddressError) -> (String, Int) {
        var name = place
        var portText: Substring?
        if place.hasPrefix("[") {
            guard let end = place.firstIndex(of: "]") else { throw RedisAddressError("a bracket is not closed") }
            name = place[place.index(after: place.startIndex)..<end]
            let after = place[place.index(after: end)...]
            guard after.isEmpty || after.hasPrefix(":") else { throw RedisAddressError("its port is not a number") }
            portText = after.isEmpty ? nil : after.dropFirst()
        } else if let colon = place.firstIndex(of: ":") {
            name = place[..<colon]
            portText = place[place.index(after: colon)...]
        }
        guard !name.isEmpty else { throw RedisAddressError("it has no host") }
        guard let portText else { return (String(name), defaultPort) }
        guard portText.utf8.allSatisfy({ (48...57).contains($0) }), let port = Int(portText),
            (1...65_535).contains(port)
        else { throw RedisAddressError("its port is not a number in 1...65535") }
        return (String(name), port)
    }

    private static func certificateFile(
        _ query: Substring?, isSecure: Bool
    ) throws(RedisAddressError) -> String? {
        guard let query, !query.isEmpty else { return nil }
        var file: String?
        for option in query.split(separator: "&") {
            let name = option.prefix { $0 != "=" }
            guard name == "cafile" else {
                let isName = name.utf8.count <= 32 && name.allSatisfy { $0.isLetter || $0 == "_" }
                throw RedisAddressError(
                    isName ? "no option is called \(name); there is cafile" : "the only option is cafile")
            }
            guard isSecure else { throw RedisAddressError("cafile is for rediss://; redis:// has no certificates") }
            let value = try decoded(option.dropFirst(name.count + 1))
            guard !value.isEmpty else { throw RedisAddressError("cafile names no file") }
            file = value
        }
        return file
    }

    private static func decoded(_ text: Substring) throws(RedisAddressError) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard digits.utf8.count == 2, digits.allSatisfy(\.isHexDigit), let value = UInt8(digits, radix: 16) else {
                throw RedisAddressError("a % is not followed by two hexadecimal digits")
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw RedisAddressError("its % codes are not UTF-8")
        }
        return text
    }

    private static func encoded(_ text: String, keeping more: String = "") -> String {
        text.utf8.reduce(into: "") { encoded, byte in
            let character = Character(UnicodeScalar(byte))
            let isPlain = byte < 0x80 && (character.isLetter || character.isNumber || "-._~\(more)".contains(character))
            let digits = String(byte, radix: 16, uppercase: true)
            encoded += isPlain ? String(character) : "%" + (digits.count == 1 ? "0" : "") + digits
        }
    }
}

/// An address that no server can be reached at. The text does not repeat it.
public struct RedisAddressError: Error, Sendable, Hashable, CustomStringConvertible {
    public let description: String

    init(_ problem: String) { description = "not an address of Redis: \(problem)" }
}
