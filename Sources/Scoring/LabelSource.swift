public import Leads
public import Learning

/// Stored scores in the order of their commits, with what became of their leads.
public struct LabelPage: Sendable {
    public var candidates: [LabelCandidate]
    /// Where the next page begins; nil where nothing is left.
    public var next: Int64?

    public init(candidates: [LabelCandidate], next: Int64?) {
        self.candidates = candidates
        self.next = next
    }
}

/// What training reads of a store, beside a server that goes on writing.
public protocol LabelSource: Sendable {
    /// A page of the tenant's scores with the outcomes known now. Opted-out leads are left out; so are erased ones, for
    /// nothing of them is stored.
    ///
    /// Each page is one short read, so no writer waits. A page looks at no more than `limit` rows of the table, and may
    /// hold fewer of the tenant's, or none, and still have a next one. Scores are seen once each; one that is committed
    /// meanwhile stands on a later page.
    ///
    /// - Parameters:
    ///   - tenant: whose scores.
    ///   - row: nil for the first page, then ``LabelPage/next``.
    ///   - limit: 1...10,000.
    /// - Returns: the page, oldest commit first.
    /// - Throws: what keeps the store from being read; `corrupt` for features that this version can't read.
    func labelCandidates(of tenant: Tenant, after row: Int64?, limit: Int) async throws(StoreError) -> LabelPage
}

/// What watching for drift reads of a store.
public protocol RecentSource: LabelSource {
    /// The row after which ``labelCandidates(of:after:limit:)`` gives the newest scores: at most `count`, of the tenant or, where
    /// tenants share a table, of all of them; nil where there are none.
    func labelRow(beforeNewest count: Int, of tenant: Tenant) async throws(StoreError) -> Int64?
}

/// What judging a trial reads of a store.
public protocol TrialSource: Sendable {
    /// As ``LabelSource/labelCandidates(of:after:limit:)``, of those scores that a model on trial (`challenger`, its SHA-256)
    /// gave too, with what it said.
    func trialCandidates(
        of tenant: Tenant, challenger: String, after row: Int64?, limit: Int
    ) async throws(StoreError) -> LabelPage
}

extension LabelSource {
    /// Reads all pages into a collector. `progress` gets the scores looked at.
    ///
    /// - Throws: ``StoreError``, or ``LabelCollector/TooManyLeads``.
    public func collect(
        of tenant: Tenant, into collector: inout LabelCollector, pageRows: Int = 2_000,
        progress: (Int) -> Void = { _ in }
    ) async throws {
        var row: Int64?
        var scores = 0
        repeat {
            let page = try await labelCandidates(of: tenant, after: row, limit: pageRows)
            for candidate in page.candidates { try collector.add(candidate) }
            scores += page.candidates.count
            progress(scores)
            row = page.next
        } while row != nil
    }
}
