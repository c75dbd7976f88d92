/// Removals that the shared cache could not take: a bounded list, with a moment for what did not fit.
///
/// When there is no room for one more, its entry may still stand over there; so the shared cache is not to be asked again
/// before every entry of now has ended by itself.
struct PendingRemovals: Sendable {
    private var waiting: Set<Removal> = []
    private let maximumCount: Int
    private let timeToLive: Duration
    private(set) var blockedUntil: ContinuousClock.Instant?

    init(maximumCount: Int, timeToLive: Duration) {
        self.maximumCount = maximumCount
        self.timeToLive = timeToLive
    }

    var isEmpty: Bool { waiting.isEmpty }
    var count: Int { waiting.count }

    mutating func add(_ removal: Removal, at now: ContinuousClock.Instant) {
        if waiting.count < maximumCount || waiting.contains(removal) {
            waiting.insert(removal)
        } else {
            blockedUntil = now + timeToLive
        }
    }

    func next(_ count: Int) -> [Removal] { Array(waiting.prefix(count)) }

    mutating func done(_ removals: [Removal]) { waiting.subtract(removals) }

    func isBlocked(at now: ContinuousClock.Instant) -> Bool { blockedUntil.map { now < $0 } ?? false }
}
