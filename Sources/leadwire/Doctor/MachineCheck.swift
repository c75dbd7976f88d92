import Foundation
import Leads
import LeadwireServer
import Realtime
import Scoring

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// What a server takes from the machine: descriptors, the clock, its port.
struct MachineCheck: DoctorCheck {
    let settings: ServerSettings

    private static let subject = "machine"
    private static let fewDescriptors = 4_096
    /// Earlier than this program was made: 2025-01-01.
    private static let impossiblyEarly = 1_735_689_600.0

    func run() async -> [Finding] { [descriptors(), clock(), await port()] }

    private func descriptors() -> Finding {
        let limit = DescriptorLimit.raise()
        let readers = DescriptorLimit.connections(wanted: settings.hub.maximumConnections, descriptors: limit)
        let found = "\(limit) open files, so \(readers) WebSocket connections"
        guard limit < Self.fewDescriptors else { return Finding(Self.subject, "open files", .well, found) }
        return Finding(Self.subject, "open files", .warning, found, advice: "raise ulimit -n (LimitNOFILE of systemd)")
    }

    private func clock() -> Finding {
        let now = SystemClock().now.description
        guard Date().timeIntervalSince1970 < Self.impossiblyEarly else {
            return Finding(Self.subject, "clock", .well, now)
        }
        return Finding(
            Self.subject, "clock", .broken, now, advice: "set it, and follow a time server: tokens and scores carry it")
    }

    private func port() async -> Finding {
        let place = "\(settings.host):\(settings.port)"
        guard settings.port != 0 else { return Finding(Self.subject, "port", .well, "any free one") }
        switch Self.bind(settings.host, settings.port) {
        case 0: return Finding(Self.subject, "port", .well, "\(place) is free")
        case EADDRINUSE where await answersAsLeadwire():
            return Finding(Self.subject, "port", .well, "a running Leadwire answers at \(place)")
        case EADDRINUSE:
            return Finding(
                Self.subject, "port", .broken, "\(place) is taken by another program",
                advice: "end that program, or name another --port")
        case let code:
            return Finding(
                Self.subject, "port", .broken, "\(place): \(String(cString: strerror(code)))",
                advice: "name an address of this machine by --host, and a port above 1023 unless you are root")
        }
    }

    /// The error number of listening there, 0 where it went well.
    private static func bind(_ host: String, _ port: Int) -> CInt {
        var hints = addrinfo()
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, "\(port)", &hints, &found) == 0, let address = found?.pointee else {
            return EADDRNOTAVAIL
        }
        defer { freeaddrinfo(found) }
        let descriptor = socket(address.ai_family, address.ai_socktype, 0)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        // As the server does it: what is left of closed connections is no obstacle.
        var reuse: CInt = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<CInt>.size))
        guard Glibc.bind(descriptor, address.ai_addr, address.ai_addrlen) == 0, listen(descriptor, 1) == 0 else {
            return errno
        }
        return 0
    }

    private func answersAsLeadwire() async -> Bool {
        let host = settings.host == "0.0.0.0" ? "127.0.0.1" : settings.host == "::" ? "[::1]" : settings.host
        guard let url = URL(string: "http://\(host):\(settings.port)/health/live") else { return false }
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = 2
        let answer = try? await URLSession(configuration: configuration).data(from: url)
        return answer.map { String(decoding: $0.0, as: UTF8.self).contains(#""status":"alive""#) } ?? false
    }
}
