/// Says how long a search may go on: what is tried has to be trained to the end, and what is chosen once more on all rows,
/// within the budget.
struct SearchClock {
    /// Settings that the final training repeats, at most.
    private static let repeated = Blend.maximumForests

    let budget: Duration
    /// However small the budget, the first settings get so long: no model is worse than a late one.
    private let least: Duration
    private let now: () -> Duration
    private var finished = 0
    /// When the first forests began; what came before isn't theirs to make up for.
    private var began = Duration.zero

    /// `now` is the time since the start.
    init(budget: Duration, least: Duration, now: @escaping () -> Duration) {
        self.budget = budget
        self.least = least
        self.now = now
    }

    init(budget: Duration, least: Duration) {
        let clock = ContinuousClock()
        let start = clock.now
        self.init(budget: budget, least: least) { start.duration(to: clock.now) }
    }

    /// The first settings have used up the share of the budget that leaves time to train them again.
    var firstIsLate: Bool { now() > max(budget * 0.4, began + least) }

    mutating func beginForests() { began = now() }

    mutating func finishOne() { finished += 1 }

    /// Whether one more would end in time, if it took as long as those before.
    var allowsAnother: Bool {
        let elapsed = now()
        guard finished > 0 else { return true }
        let each = elapsed / finished
        return elapsed + each * (1 + min(finished + 1, Self.repeated)) <= budget
    }
}
