import Foundation
import Synchronization

/// Stands between a store and the server, and does to the traffic what networks do. Plain TCP: the address it gives has
/// `sslmode=disable`.
final class TestProxy: Sendable {
    enum Mode: Sendable, Equatable {
        case pass
        /// Nothing goes through in either direction, and nobody is told: a black hole.
        case hold
        /// Connections end at once, old and new.
        case refuse
    }

    /// What happens to the next COMMIT; once.
    enum CommitFate: Sendable, Equatable {
        case normal
        /// The connection ends and the server never sees it.
        case cutBefore
        /// The server answers it, and the connection ends before the client sees that.
        case cutAfterAnswer
        /// The connection ends as soon as it is on its way to the server.
        case cutAtOnce
        /// The server answers, and the client hears nothing more.
        case holdAnswer
    }

    private struct State {
        var mode = Mode.pass
        var fate = CommitFate.normal
        /// What the proxy turns to when a fate has come to pass.
        var modeAfterFate: Mode?
        var sockets: Set<CInt> = []
        var accepted = 0
    }

    private let state = Mutex(State())
    private let listener: CInt
    private let upstreamPort: UInt16
    let port: UInt16

    init(to port: UInt16) throws {
        upstreamPort = port
        let listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var address = TestProxy.loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(listener, generic, length) == 0 && listen(listener, 64) == 0
                    && getsockname(listener, generic, &length) == 0
            }
        }
        guard bound else { throw NoServer(why: "the proxy can't listen") }
        self.port = UInt16(bigEndian: address.sin_port)
        let thread = Thread { [self] in acceptAll() }
        thread.start()
    }

    /// Ends every connection and the proxy.
    func close() {
        set(.refuse)
        shutdown(listener, CInt(SHUT_RDWR))
    }

    /// The server's address, by way of here.
    func address(from address: String) throws -> String {
        guard var parts = URLComponents(string: address) else { throw NoServer(why: "an address that is no URL") }
        parts.port = Int(port)
        return parts.string ?? address
    }

    static func toServer() throws -> TestProxy {
        guard let address = PostgresHarness.address, let port = URLComponents(string: address)?.port else {
            throw NoServer()
        }
        return try TestProxy(to: UInt16(port))
    }

    var acceptedConnections: Int { state.withLock { $0.accepted } }

    func set(_ mode: Mode) {
        state.withLock { state in
            state.mode = mode
            guard mode == .refuse else { return }
            for socket in state.sockets { shutdown(socket, CInt(SHUT_RDWR)) }
        }
    }

    func atNextCommit(_ fate: CommitFate, then mode: Mode? = nil) {
        state.withLock { state in
            state.fate = fate
            state.modeAfterFate = mode
        }
    }

    // MARK: Traffic

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    private func acceptAll() {
        while true {
            let client = accept(listener, nil, nil)
            guard client >= 0 else { break }
            let mode = state.withLock { state in
                state.accepted += 1
                return state.mode
            }
            let server = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
            var address = TestProxy.loopback(upstreamPort)
            let connected = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
            guard mode != .refuse, connected else {
                Glibc.close(client)
                Glibc.close(server)
                continue
            }
            state.withLock { $0.sockets.formUnion([client, server]) }
            let pair = Pair(client: client, server: server)
            Thread { [self] in pump(pair, fromClient: true) }.start()
            Thread { [self] in pump(pair, fromClient: false) }.start()
        }
        Glibc.close(listener)
    }

    /// The two ends of one connection, closed when both directions have ended.
    private final class Pair: Sendable {
        let client: CInt
        let server: CInt
        let open = Mutex(2)
        /// After a COMMIT with a fate, the server's answers are not passed on.
        let fate = Mutex(CommitFate.normal)

        init(client: CInt, server: CInt) {
            self.client = client
            self.server = server
        }

        func end() {
            shutdown(client, CInt(SHUT_RDWR))
            shutdown(server, CInt(SHUT_RDWR))
        }
    }

    private func pump(_ pair: Pair, fromClient: Bool) {
        let (source, target) = fromClient ? (pair.client, pair.server) : (pair.server, pair.client)
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(source, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            if fromClient, holdsCommit(buffer[..<count]) {
                let fate = takeFate()
                pair.fate.withLock { $0 = fate }
                if fate == .cutBefore { break }
            }
            if state.withLock({ $0.mode }) == .hold { continue }
            let fate = pair.fate.withLock { $0 }
            if !fromClient, fate == .cutAfterAnswer { break }
            if !fromClient, fate == .holdAnswer { continue }
            var sent = 0
            while sent < count {
                let now = buffer.withUnsafeBytes { bytes in
                    send(
                        target, UnsafeRawBufferPointer(rebasing: bytes[sent...]).baseAddress, count - sent,
                        CInt(MSG_NOSIGNAL))
                }
                guard now > 0 else { break }
                sent += now
            }
            if fromClient, fate == .cutAtOnce { break }
        }
        pair.end()
        let isLast = pair.open.withLock { open in
            open -= 1
            return open == 0
        }
        guard isLast else { return }
        state.withLock { $0.sockets.subtract([pair.client, pair.server]) }
        Glibc.close(pair.client)
        Glibc.close(pair.server)
    }

    /// A Parse message with this text and nothing else.
    private func holdsCommit(_ bytes: ArraySlice<UInt8>) -> Bool {
        Data(bytes).range(of: Data("\0COMMIT\0".utf8)) != nil
    }

    private func takeFate() -> CommitFate {
        state.withLock { state in
            let fate = state.fate
            guard fate != .normal else { return fate }
            state.fate = .normal
            if let mode = state.modeAfterFate { state.mode = mode }
            state.modeAfterFate = nil
            return fate
        }
    }
}
