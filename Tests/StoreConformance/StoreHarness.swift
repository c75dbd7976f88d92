public import Scoring

/// What the suite needs of an implementation: one storage of its own, empty at first, that can be opened, closed and
/// opened again.
public protocol StoreHarness: Sendable {
    /// Opens the storage. Nil leaves a limit at its default.
    func open(sink: (any EventSink)?, maximumEvents: UInt64?, maximumEventAge: Duration?) async throws
        -> any LeadStore
}

extension StoreHarness {
    func open(sink: (any EventSink)? = nil) async throws -> any LeadStore {
        try await open(sink: sink, maximumEvents: nil, maximumEventAge: nil)
    }
}
