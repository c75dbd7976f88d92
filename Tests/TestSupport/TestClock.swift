public import Leads
import Synchronization

/// A wall clock that stands where a test puts it.
public final class TestClock: WallClock {
    private let moment: Mutex<Timestamp>

    /// 2026-11-22T09:30:00Z unless told otherwise.
    public init(_ start: Timestamp = Timestamp(CivilTime(year: 2026, month: 11, day: 22, hour: 9, minute: 30))) {
        moment = Mutex(start)
    }

    public var now: Timestamp { moment.withLock { $0 } }

    /// Moves on, or back with a negative duration.
    public func advance(by duration: Duration) {
        moment.withLock { $0 = $0.advanced(by: duration) }
    }
}
