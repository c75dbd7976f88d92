/// What a lead wants, as far as the words say.
public enum Intent: String, Sendable, Hashable, CaseIterable {
    case buy, sell, rent
    /// The words say that they want none of these.
    case none
    /// An advertisement, a fraud or noise, not a person who wants a home.
    case spam
    /// The words do not say. Not a reason for anything.
    case unclear
}

/// Where a price comes from, in the order of precedence of the wire contract.
public enum PriceBasis: String, Sendable, Hashable {
    case stated, middleOfRange, bound, approval
}

/// When the lead wants to have moved, bought or sold.
public struct StatedTimeline: Sendable, Hashable {
    /// A value of `timeline_category`.
    public var category: String
    /// Days from `asOf`, the far end of a range; nil for `flexible`.
    public var days: Int?
}

/// What ``FeatureExtractor/extract(_:asOf:)`` read out of one lead.
public struct Extraction: Sendable, Hashable {
    /// The 28 features, unmasked.
    public var vector: FeatureVector
    /// By the price rule of the wire contract, in the profile's currency; never a rent. nil when none was given.
    public var price: Double?
    /// Which rule gave ``price``; nil without one.
    public var priceBasis: PriceBasis?
    /// Monthly rent that they named, if any.
    public var rent: Double?
    public var intent: Intent
    /// Why the lead counts as `unqualified`; nil when it does not. Safe to show: no words of the lead's.
    public var unqualifiedReason: String?
    /// nil when they said nothing about time.
    public var statedTimeline: StatedTimeline?
    /// Places in the order first named, as written, without repeats.
    public var places: [String]
    /// Spans about protected matters that were taken out before anything was read. A count for the audit, no input.
    public var maskedSpans: Int
}
