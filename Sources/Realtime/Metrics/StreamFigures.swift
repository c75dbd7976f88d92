import NIOCore

/// Counters of one tenant on one loop: plain numbers that only the loop touches, merged when an administrator asks.
struct StreamFigures: Sendable {
    /// What a rate is made of.
    struct Volume: Sendable {
        var published: UInt64 = 0
        var delivered: UInt64 = 0
        var bytesOut: UInt64 = 0
        var received: UInt64 = 0

        static func - (left: Volume, right: Volume) -> Volume {
            Volume(
                published: left.published - right.published, delivered: left.delivered - right.delivered,
                bytesOut: left.bytesOut - right.bytesOut, received: left.received - right.received)
        }

        static func += (left: inout Volume, right: Volume) {
            left.published += right.published
            left.delivered += right.delivered
            left.bytesOut += right.bytesOut
            left.received += right.received
        }
    }

    static let windows = [1, 10, 60]

    var active = 0
    var accepted: UInt64 = 0
    var byRole: [Role: Int] = [:]
    var byTransport: [String: Int] = [:]
    var subscriptions = [Int](repeating: 0, count: EventName.count)
    var volume = Volume()
    /// Everything written, answers and heartbeats too.
    var messagesSent: UInt64 = 0
    var messagesReceived: UInt64 = 0
    var errors: UInt64 = 0
    var publishToFlush = Histogram()
    var pingRoundTrip = Histogram()
    var closedSeconds = 0.0
    var closes: [UInt16: UInt64] = [:]
    var fellBehind: UInt64 = 0
    var conflated: UInt64 = 0
    var gaps: UInt64 = 0
    var slowCloses: UInt64 = 0
    var recoveryAttempts: UInt64 = 0
    var recovered: UInt64 = 0
    var notRecovered: UInt64 = 0
    var replayed: UInt64 = 0
    var duplicates: UInt64 = 0

    /// Sum of the moments at which the open connections came, in seconds, so that their mean age is one subtraction.
    var openSince = 0.0

    /// One sample a second, for rates.
    private(set) var samples = CircularBuffer<Volume>()

    /// - Returns: the loop has just completed a second.
    mutating func sample() {
        samples.append(volume)
        if samples.count > (Self.windows.last ?? 60) + 1 { samples.removeFirst() }
    }

    /// What happened within the last so many whole seconds, and how many of them there were.
    func recent(seconds: Int) -> (volume: Volume, seconds: Int) {
        guard let newest = samples.last else { return (Volume(), 0) }
        let back = min(seconds, samples.count - 1)
        guard back > 0 else { return (Volume(), 0) }
        let oldest = samples[samples.index(samples.startIndex, offsetBy: samples.count - 1 - back)]
        return (newest - oldest, back)
    }
}
