import JSONBytes
import Leads
import Logging
import NIOConcurrencyHelpers
import Realtime
import Scoring

/// Does here what another node did there. Everything it does may be done twice.
final class NoticeReader: Sendable {
    /// Notices of one reading.
    static let page = 256

    private let hub: Hub
    private let engine: ScoringEngine
    private let models: ModelSwitch?
    private let revocations: RevocationList?
    private let exchange: RedisExchange?
    private let logger: Logger
    /// Another model may be to serve. At first, too: one that was promoted while this node started is in no notice that it
    /// reads.
    private let mustFollow = NIOLockedValueBox(true)

    init(
        hub: Hub, engine: ScoringEngine, models: ModelSwitch?, revocations: RevocationList?,
        exchange: RedisExchange?, logger: Logger
    ) {
        self.hub = hub
        self.engine = engine
        self.models = models
        self.revocations = revocations
        self.exchange = exchange
        self.logger = logger
    }

    func act(on notice: Notice) async {
        let tenant = notice.tenant
        switch notice.kind {
        case .erased:
            // The hub first: what waits to be sent can't be taken back a moment later.
            let offsets = Self.offsets(notice.body)
            hub.erase(offsets: offsets, tenant: tenant.name)
            exchange?.erase(offsets: offsets, tenant: tenant)
            engine.forgetOwn(of: tenant)
        case .optedOut:
            engine.forgetOwn(of: tenant)
        case .revoked:
            guard let entry = RevocationJSON.entry(notice.body) else { return report(notice) }
            revocations?.enter(entry)
            _ = await hub.disconnect(entry.selection, tenant: entry.tenant, code: .forbidden)
        case .disconnected:
            guard let request = try? DisconnectRequest(json: notice.body) else { return report(notice) }
            _ = await hub.disconnect(request.selection, tenant: tenant.name, code: request.code)
        case .promoted:
            mustFollow.withLockedValue { $0 = true }
        }
    }

    /// Lets the next beat look at which models serve, whether a notice has told of a change or not.
    func lookAtModels() { mustFollow.withLockedValue { $0 = true } }

    /// What a node that starts must know of the past: which tokens are refused.
    ///
    /// - Returns: the number of the newest notice; what comes after it is for the beats.
    func catchUp(with store: any SharedStore) async throws(StoreError) -> Int64 {
        let newest = try await store.newestNotice()
        var read: Int64 = 0
        while revocations != nil {
            let posted = try await store.notices(after: read, limit: Self.page)
            for entry in posted where entry.notice.kind == .revoked { await act(on: entry.notice) }
            guard posted.count == Self.page, let last = posted.last else { break }
            read = last.number
        }
        return newest
    }

    /// At the end of a beat: several promotions are one change.
    func finish() async {
        guard mustFollow.withLockedValue({ $0 }), let models else { return }
        do {
            try await models.follow()
            mustFollow.withLockedValue { $0 = false }
        } catch {
            logger.error("the model that another node put into service can't serve here yet: \(error.message)")
        }
    }

    private func report(_ notice: Notice) {
        logger.error(
            "a notice of another node can't be read; nodes should run the same version (\(notice.kind.rawValue))")
    }

    private static func offsets(_ body: [UInt8]) -> Set<UInt64> {
        Set(String(decoding: body, as: UTF8.self).split(separator: ",").compactMap { UInt64($0) })
    }
}
