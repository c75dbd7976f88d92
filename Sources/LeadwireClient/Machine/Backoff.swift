import NIOCore

/// Exponential back-off with full jitter: a random wait between nothing and a bound that doubles, so that clients that
/// lost the same server at the same moment don't come back at the same moment.
///
/// - SeeAlso: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
struct Backoff {
    private let first: Int64
    private let longest: Int64
    private var generator: any RandomNumberGenerator & Sendable

    init(first: TimeAmount, longest: TimeAmount, generator: any RandomNumberGenerator & Sendable) {
        self.first = max(0, first.nanoseconds)
        self.longest = max(0, longest.nanoseconds)
        self.generator = generator
    }

    /// The bound of the wait after so many failures in a row before this one.
    func bound(afterFailures failures: Int) -> TimeAmount {
        let (product, overflow) = first.multipliedReportingOverflow(by: 1 << Int64(min(max(failures, 0), 40)))
        return .nanoseconds(overflow ? longest : min(longest, product))
    }

    mutating func delay(afterFailures failures: Int) -> TimeAmount {
        .nanoseconds(Int64.random(in: 0...bound(afterFailures: failures).nanoseconds, using: &generator))
    }
}
