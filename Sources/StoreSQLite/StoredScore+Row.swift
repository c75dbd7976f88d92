import Features
import Foundation
import GRDB
import Leads
import Scoring

extension StoredScore {
    /// In the order that ``init(_:leadID:)`` reads them, from `scores` joined with its row of `leads`.
    static let columns = columns(body: "scores.body")
    static let columnsWithoutBody = columns(body: "x''")
    static let columnCount = 12

    private static func columns(body: String) -> String {
        """
        scores.scored_at, scores.ml_score, scores.probability, scores.confidence, scores.classification,
        scores.estimated_commission, scores.model, scores.name, scores.source,
        leads.latest = scores.id AND leads.shelf % 2 = 1, scores.features, \(body)
        """
    }

    init(_ row: Row, leadID: String) throws {
        let features: FeatureVector?
        if row.hasNull(atIndex: 10) {
            features = nil
        } else {
            guard let stored = FeatureVector(bytes: row.bytes(10)) else {
                throw StoreError(.corrupt, "stored features that this version can't read")
            }
            features = stored
        }
        self.init(
            leadID: leadID, leadName: row[7], leadSource: row[8], mlScore: row[1], conversionProbability: row[2],
            confidence: row[3], classification: try Classification(stored: row[4]), estimatedCommission: row[5],
            needsReview: row[9], modelSHA256: row[6], scoredAt: Timestamp(milliseconds: row[0]), features: features,
            body: row.bytes(11))
    }
}

extension Row {
    /// A blob's bytes; empty for an empty one.
    func bytes(_ index: Int) -> [UInt8] { [UInt8](self[index] as Data) }
}
