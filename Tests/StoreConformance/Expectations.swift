import Scoring
import Testing

/// The body must fail with this code.
func expectFailure(
    _ code: StoreError.Code, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Void
) async {
    do {
        try await body()
        Issue.record("expected \(code.rawValue), and nothing failed", sourceLocation: sourceLocation)
    } catch let error as StoreError {
        #expect(error.code == code, sourceLocation: sourceLocation)
    } catch {
        Issue.record("expected \(code.rawValue), got \(error)", sourceLocation: sourceLocation)
    }
}

/// All pages of a query from its first, and nothing twice.
func everyPage(_ query: LeadQuery, of store: any LeadStore) async throws -> [StoredScore] {
    var query = query
    var leads: [StoredScore] = []
    repeat {
        let page = try await store.leads(query)
        #expect(page.leads.count <= query.limit)
        leads += page.leads
        query.cursor = page.nextCursor
    } while query.cursor != nil
    #expect(Set(leads.map(\.leadID)).count == leads.count, "a lead stood on two pages")
    return leads
}
