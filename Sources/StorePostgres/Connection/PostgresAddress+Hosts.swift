import CPQ
import Glibc
import Scoring

/// One place that an address names, as libpq reads it.
struct PostgresHost {
    /// A name, an address, or the folder of a Unix socket.
    var name: String
    var port: Int

    var isSocket: Bool { name.isEmpty || name.hasPrefix("/") || name.hasPrefix("@") }

    /// This machine: nobody can listen in between.
    var isLocal: Bool { isSocket || ["localhost", "::1"].contains(name) || name.hasPrefix("127.") }

    /// The numeric addresses behind the name.
    ///
    /// - Throws: `connectFailed` with the resolver's words. Blocks as long as the resolver does.
    func addresses() throws(PostgresFailure) -> [String] {
        var hints = addrinfo()
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        var first: UnsafeMutablePointer<addrinfo>?
        let outcome = getaddrinfo(name, "\(port)", &hints, &first)
        guard outcome == 0 else { throw .connectFailed(String(cString: gai_strerror(outcome)), .unknownHost) }
        defer { freeaddrinfo(first) }
        var found: [String] = []
        var next = first
        while let entry = next?.pointee {
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            if getnameinfo(
                entry.ai_addr, entry.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
            {
                found.append(String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
            }
            next = entry.ai_next
        }
        return found
    }
}

extension PostgresAddress {
    /// In the order in which they are tried; what the address leaves out comes from the environment and libpq's defaults.
    var hosts: [PostgresHost] {
        guard let options = PQconninfoParse(text, nil) else { return [] }
        defer { PQconninfoFree(options) }
        var given: [String: String] = [:]
        var next = options
        while let keyword = next.pointee.keyword {
            if let value = next.pointee.val { given[String(cString: keyword)] = String(cString: value) }
            next += 1
        }
        func list(_ option: String, _ variable: String, _ standard: String) -> [String] {
            let text = given[option] ?? getenv(variable).map { String(cString: $0) } ?? standard
            return text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        let names = list(given["hostaddr"] == nil ? "host" : "hostaddr", "PGHOST", "")
        let ports = list("port", "PGPORT", "5432")
        return names.enumerated().map { place, name in
            let port = ports.count == 1 ? ports[0] : ports.indices.contains(place) ? ports[place] : ""
            return PostgresHost(name: name, port: Int(port) ?? 5_432)
        }
    }
}
