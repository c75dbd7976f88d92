import Hummingbird
import HummingbirdCore
public import Leads
public import Learning
public import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Realtime
public import Scoring
import ServiceLifecycle
import UnixSignals

/// One running Leadwire: HTTP and WebSocket on one port, the engine, the hub and the store behind them.
public struct LeadwireServer: Sendable {
    /// What the server is made of besides its settings.
    public struct Parts: Sendable {
        public var model: ModelArtifact
        public var profile: AgencyProfile
        public var clock: any WallClock
        public var cache: any ScoreCache
        public var scoring: ScoringConfiguration
        /// Opens the store with the sink that its log must feed.
        public var openStore: @Sendable (any EventSink) async throws(StoreError) -> any LeadStore

        public init(
            model: ModelArtifact, profile: AgencyProfile, clock: any WallClock, cache: any ScoreCache,
            scoring: ScoringConfiguration = ScoringConfiguration(),
            openStore: @escaping @Sendable (any EventSink) async throws(StoreError) -> any LeadStore
        ) {
            self.model = model
            self.profile = profile
            self.clock = clock
            self.cache = cache
            self.scoring = scoring
            self.openStore = openStore
        }
    }

    private let hub: Hub
    private let store: any LeadStore
    private let settings: ServerSettings
    private let logger: Logger
    private let gate: any Gate
    private let access: Access?
    private let responder: APIResponder
    private let admission: ScoreAdmission

    /// Opens the store and loads the model; nothing listens yet.
    ///
    /// - Throws: ``ServerRefusal`` for settings that may not serve, `StoreError`, `ScoringError`.
    public init(settings: ServerSettings, parts: Parts, logger: Logger) async throws {
        if let refusal = settings.refusal { throw ServerRefusal(message: refusal) }
        self.settings = settings
        self.logger = logger
        let publisher = EventPublisher()
        let store = GuardedStore(try await parts.openStore(publisher))
        var hubConfiguration = settings.hub
        let clock = parts.clock
        hubConfiguration.wallClock = { clock.now.milliseconds }
        let access =
            settings.authentication == .jwt
            ? try await Access(settings.access, clock: parts.clock, logger: logger) : nil
        let hub = Hub(
            group: Self.eventLoops, configuration: hubConfiguration, history: StoreHistory(store: store),
            refresher: access?.verifier)
        publisher.connect(to: hub)
        // Other tenants' logs are looked up when the first of their readers asks.
        let position = try await store.position(of: .local)
        hub.setPosition(of: Tenant.local.name, epoch: position.epoch, offset: position.offset)
        let engine = try ScoringEngine(
            model: parts.model, profile: parts.profile, store: store, cache: parts.cache, clock: parts.clock,
            configuration: parts.scoring)
        let statistics = RequestStatistics()
        let admission = ScoreAdmission(limit: settings.maximumConcurrentScores)
        let gate: any Gate = access?.gate ?? LocalGate()
        gate.listening(on: settings.port)
        let tickets = StreamTickets(clock: parts.clock)
        let api = API(
            engine: engine, store: store, cache: parts.cache, hub: hub, tickets: tickets,
            health: HealthMonitor(engine: engine, store: store, cache: parts.cache, publisher: publisher),
            statistics: statistics, admission: admission, currency: parts.profile.currency, clock: parts.clock,
            revocations: access?.revocations, operatorTenant: settings.access.operatorTenant)
        self.hub = hub
        self.store = store
        self.gate = gate
        self.access = access
        self.admission = admission
        responder = APIResponder(
            gate: gate, tickets: tickets, table: RouteTable(api.routes()), limits: settings.limits,
            statistics: statistics,
            clock: parts.clock)
    }

    /// Local mode's token; JWT mode never takes it.
    public static let developmentToken = LocalGate.developmentToken

    /// What the server answers.
    var routes: [Route] { responder.table.routes }
    var tickets: StreamTickets { responder.tickets }

    private static var eventLoops: MultiThreadedEventLoopGroup { .singleton }

    /// Serves until the task is cancelled, or SIGTERM or SIGINT comes: then no new connection, open requests are
    /// finished, sockets are told that the server goes away, and the store is closed. Bounded by the drain deadline.
    ///
    /// - Parameters:
    ///   - handlingSignals: false where the caller ends it by cancelling the task.
    ///   - onListening: called once with the port that answers.
    /// - Throws: what binding the port or serving throws.
    public func run(
        handlingSignals: Bool = true, onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) async throws {
        let application = Application(
            responder: responder, server: makeChannels(),
            configuration: ApplicationConfiguration(
                address: .hostname(settings.host, port: settings.port), backlog: settings.backlog),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? settings.port
                gate.listening(on: port)
                await onListening(port)
            }, eventLoopGroupProvider: .shared(Self.eventLoops), logger: logger)
        let service = ServingService(
            application: application, hub: hub, store: store, goingAwayWindow: settings.drainWindow,
            socketDeadline: settings.socketDeadline)
        var services: [any Service] = [service]
        if let access { services.append(KeyService(keys: access.keys, lifetime: settings.access.keyLifetime)) }
        var configuration = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: handlingSignals ? [.sigterm, .sigint] : [], logger: logger)
        configuration.maximumGracefulShutdownDuration = settings.drainDeadline
        configuration.maximumCancellationDuration = .seconds(5)
        try await ServiceGroup(configuration: configuration).run()
    }

    private func makeChannels() -> HTTPServerBuilder {
        let (gate, hub, access, admission) = (gate, hub, access, admission)
        var channel = OnePortChannel.Settings()
        channel.headerBytes = settings.limits.headerBytes
        channel.discardedBytes = settings.limits.discardedBytes
        let settings = channel
        return HTTPServerBuilder { responder in
            OnePortChannel(
                responder: responder, settings: settings, admission: admission,
                admitUpgrade: { head, channel in
                    guard head.method == .GET, API.isLiveScores(head.uri) else {
                        return channel.eventLoop.makeSucceededFuture(nil)
                    }
                    return channel.eventLoop.makeFutureWithTask {
                        await Self.upgrade(RequestHead(head), channel, gate: gate, hub: hub, access: access)
                    }
                })
        }
    }

    /// A WebSocket of somebody known, or of somebody who will say it in the first message.
    private static func upgrade(
        _ head: RequestHead, _ channel: any Channel, gate: any Gate, hub: Hub, access: Access?
    ) async -> OnePortChannel.Upgrade? {
        let remote = channel.remoteAddress
        var headers = HTTPHeaders()
        if head.offersSubprotocol { headers.add(name: "sec-websocket-protocol", value: RequestHead.subprotocol) }
        let admitted: Principal?
        do {
            admitted = try await gate.admit(head, from: remote?.ipAddress ?? "local")
        } catch {
            return nil
        }
        guard let principal = admitted else {
            guard hub.refusalOfPending(remoteAddress: remote) == nil else { return nil }
            return OnePortChannel.Upgrade(headers: headers) { channel in
                try WebSocketConnection.installPending(
                    on: channel, hub: hub, remoteAddress: remote, writesPastPipeline: true)
            }
        }
        guard hub.refusal(of: principal, remoteAddress: remote) == nil else { return nil }
        return OnePortChannel.Upgrade(headers: headers) { channel in
            // Revoked since it was admitted: whoever revokes closes the connections that he finds, and this one is not
            // among them yet.
            if access?.revocations.isRevoked(principal) == true { throw TokenRefusal.revoked }
            // No handler of ours changes bytes on their way to the socket; with TLS this must go.
            try WebSocketConnection.install(
                on: channel, principal: principal, hub: hub, remoteAddress: remote, writesPastPipeline: true)
        }
    }
}

/// Why a server may not start; the message says what to set.
public struct ServerRefusal: Error, Sendable, CustomStringConvertible {
    public var message: String

    public var description: String { message }
}

/// HTTP, hub and store as one life: they end in this order.
private struct ServingService<Responder: HTTPResponder>: Service where Responder.Context == ConnectionContext {
    let application: Application<Responder>
    let hub: Hub
    let store: any LeadStore

    let goingAwayWindow: Duration
    let socketDeadline: Duration

    func run() async throws {
        let result: Result<Void, any Error>
        do {
            try await withGracefulShutdownHandler {
                try await application.run()
            } onGracefulShutdown: {
                // The server waits for its sockets, so they are told while it drains.
                Task { await hub.shutDown(window: goingAwayWindow, deadline: socketDeadline) }
            }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await hub.shutDown(window: .zero, deadline: socketDeadline)
        await store.close()
        try result.get()
    }
}
