import Features
import Leads
import Scoring

extension StoredScore {
    /// In the order that ``init(_:_:leadID:)`` reads them, from `scores` joined with its row of `leads`.
    static let columns = columns(body: "scores.body")
    static let columnsWithoutBody = columns(body: "''::bytea")
    static let columnCount = 12

    private static func columns(body: String) -> String {
        """
        scores.scored_at, scores.ml_score, scores.probability, scores.confidence, scores.classification,
        scores.estimated_commission, scores.model, scores.name, scores.source,
        leads.latest = scores.id AND leads.shelf % 2 = 1, scores.features, \(body)
        """
    }

    init(_ rows: PostgresRows, _ row: Int, leadID: String) throws {
        var features: FeatureVector?
        if let bytes = rows.bytes(row, 10) {
            guard let stored = FeatureVector(bytes: bytes) else {
                throw StoreError(.corrupt, "stored features that this version can't read")
            }
            features = stored
        }
        self.init(
            leadID: leadID, leadName: rows.text(row, 7), leadSource: rows.text(row, 8), mlScore: rows.real(row, 1),
            conversionProbability: try rows.needReal(row, 2), confidence: try rows.needReal(row, 3),
            classification: try Classification(stored: rows.needInteger(row, 4)),
            estimatedCommission: rows.real(row, 5), needsReview: rows.integer(row, 9) == 1,
            modelSHA256: try rows.needText(row, 6), scoredAt: Timestamp(milliseconds: try rows.needInteger(row, 0)),
            features: features, body: try rows.needBytes(row, 11))
    }
}
