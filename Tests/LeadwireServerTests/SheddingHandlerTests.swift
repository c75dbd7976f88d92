import NIOCore
import NIOEmbedded
import NIOHTTP1
import Synchronization
import Testing

@testable import LeadwireServer

/// One connection while all places are taken, on a loop whose time the test moves.
@Suite(.timeLimit(.minutes(5))) struct SheddingHandlerTests {
    private let channel = EmbeddedChannel()
    /// Its time stands: what holds the place has moved just now.
    private let admission = { () -> ScoreAdmission in
        let start = ContinuousClock.now
        return ScoreAdmission(limit: 1, now: { start })
    }()

    init() throws {
        try channel.pipeline.syncOperations.addHandler(SheddingHandler(admission: admission, discardedBytes: 1_000))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    private func send(_ path: String, method: HTTPMethod = .POST, bodyBytes: Int = 10) throws {
        try channel.writeInbound(
            HTTPServerRequestPart.head(HTTPRequestHead(version: .http1_1, method: method, uri: path)))
        try channel.writeInbound(HTTPServerRequestPart.body(ByteBuffer(repeating: 32, count: bodyBytes)))
        try channel.writeInbound(HTTPServerRequestPart.end(nil))
    }

    /// The statuses that were answered since, and whether each said when to come back.
    private func answers() throws -> [UInt] {
        var statuses: [UInt] = []
        while let part = try channel.readOutbound(as: HTTPServerResponsePart.self) {
            guard case .head(let head) = part else { continue }
            #expect(head.headers["retry-after"] == ["1"])
            statuses.append(head.status.code)
        }
        return statuses
    }

    private func forwarded() throws -> Int {
        var count = 0
        while try channel.readInbound(as: HTTPServerRequestPart.self) != nil { count += 1 }
        return count
    }

    /// Runs the body while the only place is taken.
    private func whileFull(_ body: () throws -> Void) throws {
        #expect(admission.take(1))
        defer { admission.giveBack(1) }
        try body()
    }

    @Test func `without a place a scoring request is refused and nobody behind hears of it`() throws {
        try whileFull {
            try send("/api/v1/ml/score?include=features")
            #expect(try answers() == [503])
            #expect(try forwarded() == 0)
        }
        try send("/api/v1/ml/score")
        #expect(try forwarded() == 3 && answers() == [])
        #expect(admission.reading.refused == 1)
    }

    @Test(arguments: ["/health", "/metrics", "/api/v1/ml/batch-score/stream", "/api/v1/ml/outcomes"])
    func `what is not a score is never refused here`(path: String) throws {
        try whileFull {
            try send(path)
            #expect(try forwarded() == 3 && answers() == [])
        }
    }

    @Test func `a request behind one that is under way waits for its own answer in order`() throws {
        try send("/api/v1/ml/score")
        try whileFull {
            try send("/api/v1/ml/score")
            #expect(try forwarded() == 6 && answers() == [])
        }
    }

    @Test func `who comes back at once waits for his refusal, and who waited as he was told does not`() throws {
        try whileFull {
            try send("/api/v1/ml/score")
            #expect(try answers() == [503])
            try send("/api/v1/ml/score")
            channel.embeddedEventLoop.advanceTime(by: .milliseconds(99))
            #expect(try answers() == [])
            channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
            #expect(try answers() == [503])
            channel.embeddedEventLoop.advanceTime(by: .seconds(1))
            try send("/api/v1/ml/score")
            #expect(try answers() == [503])
        }
    }

    @Test func `a body without end closes the connection`() throws {
        try whileFull {
            try send("/api/v1/ml/batch-score", bodyBytes: 1_001)
            #expect(try channel.readOutbound(as: HTTPServerResponsePart.self) != nil)
            channel.embeddedEventLoop.run()
            #expect(!channel.isActive)
        }
    }

    @Test func `the paths are those of the contract`() {
        func isScoring(_ path: String) -> Bool {
            SheddingHandler.isScoring(HTTPRequestHead(version: .http1_1, method: .POST, uri: path))
        }
        for path in ["/score", "/score/features", "/batch-score"] { #expect(isScoring("/api/v1/ml" + path)) }
        #expect(isScoring("/v2/models/leadwire/infer") && isScoring("/v2/models/a/versions/b/infer"))
        for path in ["/api/v1/ml/score/x", "/api/v1/ml/scores", "/v2/models/leadwire", "/score"] {
            #expect(!isScoring(path))
        }
    }
}
