import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// An issuer's web server of a few lines on a free port: answers every request with what it was told to, one at a time.
final class KeySetServer: Sendable {
    private struct State {
        var answer = Answer.body("{}")
        var requests = 0
    }

    enum Answer: Sendable {
        case body(String)
        case status(Int)
        case redirect(to: String)
        /// Takes the request and says nothing until the server is let go.
        case silence
    }

    let port: Int
    private let listener: Int32
    private let state = Mutex(State())
    private let held = Mutex<[Int32]>([])

    init() throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 && listen(listener, 16) == 0 && getsockname(listener, $0, &size) == 0
            }
        }
        guard bound else { throw TestFailure("listen: \(errno)") }
        port = Int(UInt16(bigEndian: address.sin_port))
        DispatchQueue(label: "key set").async { [weak self] in
            // Its last user closes it: a number closed under `accept` may be somebody else's by then.
            defer { close(listener) }
            while true {
                let peer = accept(listener, nil, nil)
                guard peer >= 0, let self else { return }
                self.serve(peer)
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        for peer in held.withLock({ $0 }) { close(peer) }
    }

    var address: String { "http://127.0.0.1:\(port)/keys" }
    var requests: Int { state.withLock { $0.requests } }

    func answer(_ answer: Answer) { state.withLock { $0.answer = answer } }

    private func serve(_ peer: Int32) {
        var head: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) {
            let count = recv(peer, &buffer, buffer.count, 0)
            guard count > 0 else {
                close(peer)
                return
            }
            head += buffer.prefix(count)
        }
        let answer = state.withLock { state in
            state.requests += 1
            return state.answer
        }
        let text: String
        switch answer {
        case .body(let body):
            text = "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
        case .status(let status): text = "HTTP/1.1 \(status) No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        case .redirect(let place):
            text = "HTTP/1.1 302 Found\r\nLocation: \(place)\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        case .silence: return held.withLock { $0.append(peer) }
        }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(peer, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { break }
            rest = rest.dropFirst(count)
        }
        close(peer)
    }
}
