import CPQ
public import Scoring

/// Where a database is: a URI (`postgres://user:password@host:port/database?sslmode=verify-full`) or `key=value` pairs,
/// as `psql` takes them. What it leaves out comes from `PG…` in the environment, the service file and the password file.
public struct PostgresAddress: Sendable, Hashable, CustomStringConvertible {
    public let text: String

    /// True for text that is meant for PostgreSQL, right or wrong.
    public static func isOne(_ text: String) -> Bool {
        ["postgres://", "postgresql://"].contains { text.hasPrefix($0) }
            || text.prefix { $0 != "=" && $0 != ":" }.count < text.count && text.first { ":=".contains($0) } == "="
    }

    /// - Throws: `other` when the text can't be read; the message names an unknown option, never a value.
    public init(_ text: String) throws(StoreError) {
        self.text = text
        var message: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(text, &message) else {
            let words = message.map { String(cString: $0) } ?? ""
            PQfreemem(message)
            throw StoreError(.other, PostgresAddress.complaint(words))
        }
        PQconninfoFree(options)
    }

    /// libpq quotes what it could not read, which may be a password written without percent-encoding. Only the name of
    /// an option gets through.
    private static func complaint(_ words: String) -> String {
        let base = "the database's address is not one that PostgreSQL understands"
        if words.contains("URI query parameter") || words.contains("connection option") {
            let quoted = words.split(separator: "\"").dropFirst().first.map(String.init) ?? ""
            let isName = !quoted.isEmpty && quoted.allSatisfy { $0.isLetter || $0 == "_" }
            if words.contains("invalid URI query parameter") || words.contains("invalid connection option"), isName {
                return base + ": no option is called \(quoted)"
            }
        }
        return base
            + ": write postgres://user:password@host:port/database, with % codes for special characters in a password"
    }

    /// The same without its passwords.
    public var description: String { PostgresAddress.masked(text) }

    /// An address, right or wrong, without its passwords.
    public static func masked(_ text: String) -> String {
        guard let scheme = text.range(of: "://") else { return maskedPairs(text) }
        let rest = text[scheme.upperBound...]
        let path = rest.firstIndex(of: "?") ?? rest.endIndex
        var shown = String(text[..<scheme.upperBound])
        if let at = rest[..<path].lastIndex(of: "@") {
            let user = rest[..<at]
            shown += user.firstIndex(of: ":").map { user[..<$0] + ":***" } ?? user
            shown += rest[at..<path]
        } else {
            shown += rest[..<path]
        }
        guard path < rest.endIndex else { return shown }
        let options = rest[rest.index(after: path)...].split(separator: "&", omittingEmptySubsequences: false)
        return shown + "?" + options.map { maskedPair($0) }.joined(separator: "&")
    }

    private static func maskedPair(_ pair: Substring) -> String {
        guard let equals = pair.firstIndex(of: "="), pair[..<equals].contains("password") else { return String(pair) }
        return pair[...equals] + "***"
    }

    /// From libpq's own reading, so that quotes and spaces can't hide a part of a password.
    private static func maskedPairs(_ text: String) -> String {
        guard let options = PQconninfoParse(text, nil) else { return "***" }
        defer { PQconninfoFree(options) }
        var pairs: [String] = []
        var next = options
        while let keyword = next.pointee.keyword {
            if let value = next.pointee.val {
                let name = String(cString: keyword)
                // 'passfile' is a path; PostgreSQL marks what is to be hidden by an asterisk.
                let isSecret = next.pointee.dispchar.map { String(cString: $0).contains("*") } ?? false
                pairs.append("\(name)=\(isSecret ? "***" : String(cString: value))")
            }
            next += 1
        }
        return pairs.joined(separator: " ")
    }
}

extension StringProtocol {
    fileprivate func range(of needle: String) -> Range<Index>? { ranges(of: needle).first }
}
