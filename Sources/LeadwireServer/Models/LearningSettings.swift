import Leads
public import Learning
import Scoring

/// When the server learns again, and whether what it learned takes over by itself.
public struct LearningSettings: Sendable, Hashable {
    public enum Promotion: String, Sendable, Hashable, CaseIterable {
        /// A model that is shown to be better takes over at once.
        case auto
        /// It waits for a person.
        case manual
    }

    /// So many new outcomes start a training; 0 for none.
    public var afterOutcomes = 50
    /// New outcomes, however few, start one after this; nil for none.
    public var every: Duration? = .seconds(86_400)
    public var promotion = Promotion.auto
    /// How long after its score a lead may be won for the score to count as right.
    public var labelWindow = LabelWindow.standard
    /// How often trials are judged.
    public var judgeInterval = Duration.seconds(3_600)
    /// How often is looked at what is due.
    public var checkInterval = Duration.seconds(60)
    /// A training that takes longer is ended, and a node that died while it trained is given up after it.
    public var deadline = Duration.seconds(2 * 3_600)
    /// From the start of one to the next that is not asked for.
    public var pause = Duration.seconds(15 * 60)

    public init() {}

    /// Whether enough is new since the last training, which `mark` notes; nil for none yet.
    func isDue(_ mark: TrainingMark?, won: Int, other: Int, at now: Timestamp) -> Bool {
        guard afterOutcomes > 0 || every != nil else { return false }
        guard let mark else { return won >= API.outcomesNeeded && other >= API.outcomesNeeded }
        guard mark.busyUntil <= now, mark.startedAt.advanced(by: pause) <= now else { return false }
        let new = won + other - mark.outcomes
        if afterOutcomes > 0, new >= afterOutcomes { return true }
        return new > 0 && every.map { mark.startedAt.advanced(by: $0) <= now } ?? false
    }
}
