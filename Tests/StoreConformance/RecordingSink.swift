public import Scoring
import Synchronization

/// Keeps what a store delivers, in the order it came.
public final class RecordingSink: EventSink {
    private let received = Mutex<[CommittedEvent]>([])

    public init() {}

    public func deliver(_ events: [CommittedEvent]) {
        received.withLock { $0 += events }
    }

    public var events: [CommittedEvent] { received.withLock { $0 } }
}
