import JSONBytes

/// The fields of a score that a list or a phone call needs. What the server leaves out or sends as null is nil, never 0;
/// the rest stands in ``LeadwireEvent/data``.
public struct LeadwireScore: Sendable, Hashable {
    public let leadID: String
    public let leadName: String?
    public let source: String?
    /// 0...100: the share of the reference population that scores lower.
    public let mlScore: Double?
    /// 0...1, calibrated.
    public let conversionProbability: Double?
    /// 0...1: how sure hot-or-not is.
    public let confidence: Double?
    /// `hot`, `warm`, `cold` or `unqualified`.
    public let classification: String?
    /// `high`, `medium` or `low`.
    public let confidenceLevel: String?
    /// In the agency's currency.
    public let estimatedCommission: Double?
    /// `estimatedCommission` times `conversionProbability`.
    public let expectedCommission: Double?
    public let expectedCloseDays: Int?
    /// A person should look at it.
    public let needsReview: Bool?
    /// RFC 3339, UTC.
    public let scoredAt: String?
    public let requestID: String?

    /// Nil if this is not a JSON object with a `lead_id`.
    init?(json: [UInt8]) {
        guard let root = try? JSONDocument(parsing: json).root, let leadID = root["lead_id"]?.string else { return nil }
        self.leadID = leadID
        leadName = root["lead_name"]?.string
        source = root["source"]?.string
        mlScore = root["ml_score"]?.double
        conversionProbability = root["conversion_probability"]?.double
        confidence = root["ml_confidence"]?.double
        classification = root["classification"]?.string
        confidenceLevel = root["confidence_level"]?.string
        estimatedCommission = root["estimated_commission"]?.double
        expectedCommission = root["expected_commission"]?.double
        expectedCloseDays = root["expected_close_days"]?.int
        needsReview = root["needs_review"]?.bool
        scoredAt = root["scored_at"]?.string
        requestID = root["request_id"]?.string
    }
}
