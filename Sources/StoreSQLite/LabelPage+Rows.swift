import Features
import GRDB
import Leads
import Learning
import Scoring

extension Database {
    /// ``LabelSource/labelCandidates(of:after:limit:)`` in one read transaction.
    ///
    /// A score's row number grows with the commits and tells nothing of its tenant: a page is a stretch of the table,
    /// bounded before anything is left out of it. The columns that are read stand before the long ones, whose overflow
    /// pages are not touched.
    func labelPage(of tenant: Tenant, after row: Int64?, limit: Int) throws -> LabelPage {
        let stretch = min(max(limit, 1), 10_000)
        let first = row ?? 0
        let last = try integer(
            "SELECT max(id) FROM (SELECT id FROM scores WHERE id > ? ORDER BY id LIMIT ?)", [first, stretch])
        guard let last else { return LabelPage(candidates: [], next: nil) }
        let sql = """
            SELECT \(Self.labelColumns), NULL FROM scores CROSS JOIN leads ON leads.id = scores.lead
            WHERE scores.id > ? AND scores.id <= ? AND leads.opted_out IS NULL
                AND leads.tenant = (SELECT id FROM tenants WHERE name = ?)
            ORDER BY scores.id
            """
        let candidates = try rows(sql, [first, last, tenant.name]).map(LabelCandidate.init(row:))
        let more = try integer("SELECT id FROM scores WHERE id > ? ORDER BY id LIMIT 1", [last])
        return LabelPage(candidates: candidates, next: more == nil ? nil : last)
    }

    /// ``LabelSource/trialCandidates(of:challenger:after:limit:)``, by the index of what was on trial.
    func trialPage(of tenant: Tenant, challenger: String, after row: Int64?, limit: Int) throws -> LabelPage {
        let stretch = min(max(limit, 1), 10_000)
        let sql = """
            SELECT \(Self.labelColumns), scores.shadow_probability, scores.id,
                leads.opted_out IS NULL AND leads.tenant = (SELECT id FROM tenants WHERE name = ?1)
            FROM scores CROSS JOIN leads ON leads.id = scores.lead
            WHERE scores.shadow_model = ?2 AND scores.id > ?3 ORDER BY scores.id LIMIT ?4
            """
        let rows = try rows(sql, [tenant.name, challenger, row ?? 0, stretch])
        let candidates = try rows.filter { $0[10] }.map(LabelCandidate.init(row:))
        return LabelPage(candidates: candidates, next: rows.count == stretch ? rows.last?[9] : nil)
    }

    /// In the order in which ``LabelCandidate`` reads them; what a model on trial said comes after.
    private static let labelColumns = """
        leads.lead_id, scores.scored_at, scores.features, scores.model, scores.probability,
        (SELECT min(at) FROM outcomes WHERE lead = scores.lead AND at >= scores.scored_at AND result = 'won'),
        (SELECT min(at) FROM outcomes WHERE lead = scores.lead AND at >= scores.scored_at AND result <> 'won'),
        EXISTS (SELECT 1 FROM outcomes WHERE lead = scores.lead AND at < scores.scored_at)
        """
}

extension LabelCandidate {
    fileprivate init(row: Row) throws {
        var features: FeatureVector?
        if !row.hasNull(atIndex: 2) {
            guard let stored = FeatureVector(bytes: row.bytes(2)) else {
                throw StoreError(.corrupt, "stored features that this version can't read")
            }
            features = stored
        }
        let (won, other): (Int64?, Int64?) = (row[5], row[6])
        self.init(
            leadKey: LabelCandidate.key(ofLead: row[0]), scoredAt: Timestamp(milliseconds: row[1]),
            features: features, modelSHA256: row[3], probability: row[4],
            firstWonAt: won.map { Timestamp(milliseconds: $0) },
            firstOtherAt: other.map { Timestamp(milliseconds: $0) },
            isResolvedBefore: row[7], trialProbability: row[8])
    }
}
