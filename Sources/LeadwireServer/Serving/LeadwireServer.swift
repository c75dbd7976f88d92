import CacheRedis
import Hummingbird
import HummingbirdCore
import Leads
public import Learning
public import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Realtime
import Redis
import Scoring
import ServiceLifecycle
import UnixSignals

/// One running Leadwire: HTTP and WebSocket on one port, the engine, the hub and the store behind them.
public struct LeadwireServer: Sendable {
    private let hub: Hub
    private let store: any LeadStore
    private let settings: ServerSettings
    private let logger: Logger
    private let gate: any Gate
    private let access: Access?
    private let nodes: Nodes?
    private let engine: ScoringEngine
    private let responder: APIResponder
    private let admission: ScoreAdmission
    private let care: ModelCare?

    /// What serves tenants without a model of their own: the model that was promoted last for everyone.
    public var model: ModelArtifact { engine.everyonesModel }

    /// Opens the store and loads the model; nothing listens yet.
    ///
    /// - Throws: ``ServerRefusal`` for settings that may not serve, `StoreError`, `ScoringError`.
    public init(settings: ServerSettings, parts: Parts, logger: Logger) async throws {
        if let refusal = settings.refusal { throw ServerRefusal(message: refusal) }
        self.settings = settings
        self.logger = logger
        let publisher = EventPublisher()
        let relay = NodeRelay(publisher: publisher, logger: logger)
        let opened = try await parts.openStore(relay)
        let store = GuardedStore(opened)
        let clock = parts.clock
        let shared = opened as? any SharedStore
        var exchange: RedisExchange?
        if let shared {
            exchange = parts.redis.map { RedisExchange($0, store: shared, logger: logger) }
            relay.connect(to: shared, exchange: exchange)
        }
        let nodeID = "n" + RequestID.make().prefix(8)
        var hubConfiguration = settings.hub
        if shared != nil { hubConfiguration.node = nodeID }
        hubConfiguration.wallClock = { clock.now.milliseconds }
        let access =
            settings.authentication == .jwt ? try await Access(settings.access, clock: clock, logger: logger) : nil
        let hub = Hub(
            group: Self.eventLoops, configuration: hubConfiguration,
            history: StoreHistory(store: store, relay: relay), refresher: access?.verifier)
        publisher.connect(to: hub)
        // Other tenants' logs are looked up when the first of their readers asks.
        let position = try await store.position(of: .local)
        relay.begin(.local, at: position)
        hub.setPosition(of: Tenant.local.name, epoch: position.epoch, offset: position.offset)
        var model = parts.model
        let shelf = opened as? any ModelShelf
        if let shelf {
            model = try await ModelSwitch.first(
                model, isNamed: parts.isModelNamed, on: shelf, acceptsPolicyOverride: parts.acceptsPolicyOverride,
                at: clock.now)
        }
        var scoring = parts.scoring
        scoring.storeIdentity = position.epoch
        let engine = try ScoringEngine(
            model: model, profile: parts.profile, store: store, cache: parts.cache, clock: clock,
            configuration: scoring)
        let models = shelf.map { shelf in
            ModelSwitch(
                shelf: shelf, engine: engine, acceptsPolicyOverride: parts.acceptsPolicyOverride,
                hasTenants: settings.authentication == .jwt, clock: clock)
        }
        var nodes: Nodes?
        if let shared {
            let reader = NoticeReader(
                hub: hub, engine: engine, models: models, revocations: access?.revocations, exchange: exchange,
                logger: logger)
            nodes = Nodes(
                id: nodeID, store: shared, hub: hub, relay: relay, reader: reader, exchange: exchange,
                newestNotice: try await reader.catchUp(with: shared), interval: settings.nodeInterval, logger: logger)
        }
        do throws(APIError) {
            try await models?.follow()
        } catch {
            throw ServerRefusal(message: "a model that was promoted can't serve: \(error.message)")
        }
        let care = models.map {
            ModelCare(
                models: $0, engine: engine, store: store, opened: opened, nodes: nodes, trainer: parts.trainer,
                settings: settings.learning, clock: clock, logger: logger)
        }
        let statistics = RequestStatistics()
        let admission = ScoreAdmission(limit: settings.maximumConcurrentScores)
        let gate: any Gate = access?.gate ?? LocalGate()
        gate.listening(on: settings.port)
        let tickets = TicketOffice(
            own: StreamTickets(clock: clock), shared: shared == nil ? nil : parts.redis.map { RedisTickets($0) })
        let api = API(
            engine: engine, store: store, cache: parts.cache, hub: hub, tickets: tickets,
            health: HealthMonitor(
                engine: engine, store: store, cache: parts.cache, publisher: publisher, exchange: exchange),
            statistics: statistics, admission: admission, currency: parts.profile.currency, clock: clock,
            revocations: access?.revocations, care: care, nodes: nodes,
            operatorTenant: settings.access.operatorTenant)
        self.care = care
        self.hub = hub
        self.store = store
        self.gate = gate
        self.access = access
        self.nodes = nodes
        self.engine = engine
        self.admission = admission
        responder = APIResponder(
            gate: gate, tickets: tickets, table: RouteTable(api.routes()), limits: settings.limits,
            statistics: statistics, clock: clock)
    }

    /// Local mode's token; JWT mode never takes it.
    public static let developmentToken = LocalGate.developmentToken

    /// What the server answers.
    var routes: [Route] { responder.table.routes }
    var tickets: StreamTickets { responder.tickets.own }

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
        if let nodes { services.append(NodeService(nodes: nodes)) }
        if let care { services += care.services }
        if let access { services.append(KeyService(keys: access.keys, lifetime: settings.access.keyLifetime)) }
        var configuration = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: handlingSignals ? [.sigterm, .sigint] : [], logger: logger)
        configuration.maximumGracefulShutdownDuration = settings.drainDeadline
        // What is late then ends the process: its own affair only where the process is the server's.
        configuration.maximumCancellationDuration = handlingSignals ? .seconds(5) : nil
        try await ServiceGroup(configuration: configuration).run()
    }

    private func makeChannels() -> HTTPServerBuilder {
        let (gate, hub, access, admission) = (gate, hub, access, admission)
        var channel = OnePortChannel.Settings()
        channel.headerBytes = settings.limits.headerBytes
        channel.discardedBytes = settings.limits.mostRead
        let settings = channel
        return HTTPServerBuilder { responder in
            OnePortChannel(
                responder: responder, settings: settings, admission: admission,
                admitUpgrade: { head, channel in
                    guard head.method == .GET, API.isLiveScores(head.uri) else {
                        return channel.eventLoop.makeSucceededFuture(nil)
                    }
                    return channel.eventLoop.makeFutureWithTask {
                        await Self.decide(RequestHead(head), channel, gate: gate, hub: hub, access: access)
                    }
                })
        }
    }

    /// A WebSocket of somebody known, or of somebody who will say it in the first message.
    private static func decide(
        _ head: RequestHead, _ channel: any Channel, gate: any Gate, hub: Hub, access: Access?
    ) async -> HandshakeDecision {
        let remote = channel.remoteAddress
        let admitted: Principal?
        do throws(APIError) {
            admitted = try await gate.admit(head, from: remote?.ipAddress ?? "local")
        } catch {
            return HandshakeDecision(admission: .failure(error))
        }
        let refusal: HubRefusal? =
            admitted.map { hub.refusal(of: $0, remoteAddress: remote) } ?? hub.refusalOfPending(remoteAddress: remote)
        guard refusal == nil else { return HandshakeDecision(admission: .success(admitted), refusal: refusal) }
        var headers = HTTPHeaders()
        if head.offersSubprotocol { headers.add(name: "sec-websocket-protocol", value: RequestHead.subprotocol) }
        let upgrade = HandshakeDecision.Upgrade(headers: headers) { channel in
            // No handler of ours changes bytes on their way to the socket; with TLS `writesPastPipeline` must go.
            guard let principal = admitted else {
                return try WebSocketConnection.installPending(
                    on: channel, hub: hub, remoteAddress: remote, writesPastPipeline: true)
            }
            // Revoked since it was admitted: whoever revokes closes the connections that he finds, and this one is not
            // among them yet.
            if access?.revocations.isRevoked(principal) == true { throw TokenRefusal.revoked }
            try WebSocketConnection.install(
                on: channel, principal: principal, hub: hub, remoteAddress: remote, writesPastPipeline: true)
        }
        return HandshakeDecision(admission: .success(admitted), upgrade: upgrade)
    }
}

/// Why a server may not start; the message says what to set.
public struct ServerRefusal: Error, Sendable, CustomStringConvertible {
    public var message: String

    public var description: String { message }
}
