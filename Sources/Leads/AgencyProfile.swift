/// What the team told us about itself (`profile.yaml`): money, places, criteria and thresholds. Immutable after load.
public struct AgencyProfile: Sendable, Hashable {
    public enum Hemisphere: String, Sendable, Hashable { case northern, southern }

    /// Share of the price, 0...1.
    public var commissionRate = 0.06
    /// ISO 4217.
    public var currency = "USD"
    /// IANA name; used for "end of March" and seasons.
    public var timeZone = "UTC"
    public var hemisphere = Hemisphere.northern
    /// Four ascending bounds between the five budget categories, in `currency`.
    public var priceBands: [Double] = [200_000, 400_000, 600_000, 800_000]
    /// Three ascending bounds between the four market segments, in `currency`.
    public var segments: [Double] = [300_000, 700_000, 1_500_000]
    public var serviceAreas: [ServiceArea] = []
    public var criteria = Criteria()
    public var thresholds = Thresholds()

    public init() {}

    public struct ServiceArea: Sendable, Hashable {
        public var name: String
        public var aliases: [String]

        public init(name: String, aliases: [String] = []) {
            self.name = name
            self.aliases = aliases
        }
    }

    /// What a lead must or should meet; a criterion that is not set is met by everyone.
    public struct Criteria: Sendable, Hashable {
        public enum Name: String, Sendable, Hashable, CaseIterable { case price, areas, timelines, financing }

        public var priceFrom: Double?
        public var priceTo: Double?
        public var areas: [String] = []
        /// Values of `timeline_category`.
        public var timelines: [String] = []
        /// Values of `financing_status_category`.
        public var financing: [String] = []
        /// Failing one of these makes a lead `unqualified`.
        public var hard: Set<Name> = []

        public init() {}
    }

    public struct Thresholds: Sendable, Hashable {
        /// `ml_score` from which a lead is hot, 0...100.
        public var hot = 80.0
        /// `ml_score` from which a lead is warm, 0...100.
        public var warm = 50.0
        /// `ml_confidence` below which a lead is escalated, 0...1.
        public var confidence = 0.85

        public init() {}
    }
}
