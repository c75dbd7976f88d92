import Features
import Leads
import Learning
import Scoring

extension PostgresConnection {
    /// ``LabelSource/labelCandidates(of:after:limit:)``, or with a challenger
    /// ``LabelSource/trialCandidates(of:challenger:after:limit:)``: a tenant's scores are numbered in the order of their commits.
    func labelPage(
        of tenant: Tenant, challenger: String? = nil, after row: Int64?, limit: Int, within deadline: Duration
    ) throws -> LabelPage {
        let stretch = min(max(limit, 1), 10_000)
        var asked = Statement(challenger == nil ? Queries.labels : Queries.trials).binding(tenant.name)
            .binding(row ?? 0).binding(Int64(stretch))
        if let challenger { asked = asked.binding(challenger) }
        let rows = try run(asked, within: deadline)
        guard rows.count > 0 else { return LabelPage(candidates: [], next: nil) }
        var candidates: [LabelCandidate] = []
        for row in 0..<rows.count where rows.integer(row, 9) == 0 {
            candidates.append(try LabelCandidate(rows, row))
        }
        // A full page may have been the last: the next one is then empty.
        let next = rows.count == stretch ? try rows.needInteger(rows.count - 1, 0) : nil
        return LabelPage(candidates: candidates, next: next)
    }
}

extension LabelCandidate {
    fileprivate init(_ rows: PostgresRows, _ row: Int) throws {
        var features: FeatureVector?
        if let bytes = rows.bytes(row, 3) {
            guard let stored = FeatureVector(bytes: bytes) else {
                throw StoreError(.corrupt, "stored features that this version can't read")
            }
            features = stored
        }
        self.init(
            leadKey: LabelCandidate.key(ofLead: try rows.needText(row, 1)),
            scoredAt: Timestamp(milliseconds: try rows.needInteger(row, 2)), features: features,
            modelSHA256: try rows.needText(row, 4), probability: try rows.needReal(row, 5),
            firstWonAt: rows.integer(row, 6).map { Timestamp(milliseconds: $0) },
            firstOtherAt: rows.integer(row, 7).map { Timestamp(milliseconds: $0) },
            isResolvedBefore: rows.integer(row, 8) == 1, trialProbability: rows.real(row, 10))
    }
}
