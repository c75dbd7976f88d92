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
    /// How often is looked at what is due.
    public var checkInterval = Duration.seconds(60)
    /// A training that takes longer is ended, and a node that died while it trained is given up after it.
    public var deadline = Duration.seconds(2 * 3_600)
    /// From the start of one to the next that is not asked for.
    public var pause = Duration.seconds(15 * 60)

    public init() {}
}
