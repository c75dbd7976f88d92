import NIOCore

/// The newest events of one name, oldest first, bounded by count, bytes and age. The bytes are shared with the other
/// loops; the ring holds references.
struct EventRing {
    private var events = CircularBuffer<Publication>()
    private(set) var bytes = 0
    /// The highest offset that is no longer here: from a position at or above it everything can be replayed.
    private(set) var evictedThrough: UInt64 = 0

    var count: Int { events.count }
    var first: Publication? { events.first }
    var last: Publication? { events.last }

    subscript(position: Int) -> Publication { events[events.index(events.startIndex, offsetBy: position)] }

    mutating func append(_ publication: Publication) {
        events.append(publication)
        bytes += publication.frame.count
    }

    /// Position of the first event above `offset`; `count` if there is none.
    func position(after offset: UInt64) -> Int {
        var low = 0
        var high = events.count
        while low < high {
            let middle = (low + high) / 2
            if self[middle].offset > offset { high = middle } else { low = middle + 1 }
        }
        return low
    }

    mutating func trim(count limit: Int, bytes byteLimit: Int, publishedBefore moment: NIODeadline) {
        while let oldest = events.first,
            events.count > limit || bytes > byteLimit || oldest.publishedAt < moment
        { evictOldest() }
    }

    mutating func evictOldest() {
        guard let oldest = events.popFirst() else { return }
        bytes -= oldest.frame.count
        evictedThrough = max(evictedThrough, oldest.offset)
    }

    /// Nothing at or below `offset` can be had from here.
    mutating func forget(through offset: UInt64) {
        while let oldest = events.first, oldest.offset <= offset { evictOldest() }
        evictedThrough = max(evictedThrough, offset)
    }

    /// A new epoch: offsets start again.
    mutating func reset(through offset: UInt64) {
        events.removeAll()
        bytes = 0
        evictedThrough = offset
    }

    /// Takes events out without a gap: an erased event keeps its offset and is skipped. Returns how many.
    mutating func erase(where matches: (Publication) -> Bool) -> Int {
        let before = events.count
        events.removeAll { publication in
            guard matches(publication) else { return false }
            bytes -= publication.frame.count
            return true
        }
        return before - events.count
    }
}
