import Hummingbird
import Realtime
import Scoring
import ServiceLifecycle

/// HTTP, hub and store as one life: they end in this order.
struct ServingService<Responder: HTTPResponder>: Service where Responder.Context == ConnectionContext {
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
                // HTTP is still draining.
                Task { await hub.shutDown(window: goingAwayWindow, deadline: socketDeadline) }
            }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        // Until every socket is gone. Whoever cancels has no time: then they are cut.
        let isLeaving = Task.isShuttingDownGracefully && !Task.isCancelled
        await hub.shutDown(
            window: isLeaving ? goingAwayWindow : .zero, deadline: Task.isCancelled ? .zero : socketDeadline)
        await store.close()
        try result.get()
    }
}
