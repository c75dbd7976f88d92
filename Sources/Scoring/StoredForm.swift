package import Leads

/// What every store writes the same way.
extension Classification {
    /// The number in a store; never renumbered.
    package var stored: Int64 {
        switch self {
        case .hot: 0
        case .warm: 1
        case .cold: 2
        case .unqualified: 3
        }
    }

    package init(stored: Int64) throws(StoreError) {
        guard let match = Classification.allCases.first(where: { $0.stored == stored }) else {
            throw StoreError(.corrupt, "a stored classification that this version does not know")
        }
        self = match
    }

    package func shelf(inReview: Bool) -> Int64 { stored * 2 + (inReview ? 1 : 0) }
}

extension Commit {
    /// Whom a kept answer of this commit speaks of.
    package func leads(of entry: IdempotencyRecord) -> Set<String> {
        entry.subject.map { [$0.leadID] } ?? leads(of: entry.tenant)
    }

    /// Whom an answer of this commit speaks of.
    private func leads(of tenant: Tenant) -> Set<String> {
        var ids = Set<String>()
        for record in scores where record.tenant == tenant { ids.insert(record.score.leadID) }
        for entry in outcomes where entry.tenant == tenant { ids.insert(entry.outcome.leadID) }
        for review in reviews where review.tenant == tenant { ids.insert(review.leadID) }
        for event in events where event.tenant == tenant {
            if let id = event.leadID { ids.insert(id) }
        }
        return ids
    }

    /// What it holds in memory, roughly: for the queue's limit.
    package var approximateBytes: Int {
        scores.reduce(256) { $0 + $1.body.count + $1.lead.count + 768 }
            + events.reduce(0) { $0 + $1.data.count + 256 }
            + idempotency.reduce(0) { $0 + $1.answer.count + 256 }
            + (outcomes.count + reviews.count) * 256
    }
}
