import Foundation

/// Seconds of CPU of this thread.
public func threadSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// The 10th percentile over blocks of µs a row: what the machine does when nobody disturbs it.
@inlinable
public func microseconds(blocks: Int, rows: Int, _ body: (Int) throws -> Void) rethrows -> Double {
    var figures: [Double] = []
    for _ in 0..<blocks {
        let start = threadSeconds()
        for row in 0..<rows { try body(row) }
        figures.append((threadSeconds() - start) / Double(rows) * 1e6)
    }
    return figures.sorted()[blocks / 10]
}
