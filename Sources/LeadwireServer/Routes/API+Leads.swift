import JSONBytes
import Leads
import Scoring

extension API {
    private static let listParameters = [
        "classification", "min_score", "source", "needs_review", "updated_since", "sort", "limit", "cursor",
    ]

    /// `GET /leads`: ranked and paged.
    func listLeads(_ exchange: Exchange) async throws -> Reply {
        var problems: [FieldProblem] = []
        var query = LeadQuery(tenant: exchange.tenant)
        query.classification = exchange.query.choice("classification", problems: &problems)
        query.minimumScore = exchange.query.number("min_score", in: 0...100, problems: &problems)
        query.source = exchange.query.text("source", problems: &problems)
        query.needsReview = exchange.query.flag("needs_review", problems: &problems)
        query.updatedSince = exchange.query.timestamp("updated_since", problems: &problems)
        query.sort = exchange.query.choice("sort", problems: &problems) ?? .score
        query.limit = exchange.query.integer("limit", in: 1...200, problems: &problems) ?? 50
        query.cursor = exchange.query["cursor"]
        guard problems.isEmpty else { throw APIError.invalid(problems) }
        let wanted = query
        let page = try await stored { () async throws(StoreError) in try await store.leads(wanted) }
        var json = JSONWriter(reserving: 64 + page.leads.count * 320)
        json.beginObject()
        json.key("leads")
        json.beginArray()
        for lead in page.leads { json.raw(ScoreJSON.listEntry(lead)) }
        json.endArray()
        json.member("next_cursor", page.nextCursor)
        json.key("warnings")
        json.beginArray()
        for warning in exchange.query.unknownNames(known: Self.listParameters) { json.value(warning) }
        json.endArray()
        json.endObject()
        return .json(json.bytes)
    }

    /// `POST /leads/{id}/review`: a person has looked.
    func review(_ exchange: Exchange) async throws -> Reply {
        let id = try leadID(exchange)
        let (document, _) = try await exchange.collectJSON()
        var body = BodyFields(document.root, known: ["classification", "note"])
        let classification: Classification? = body.choice("classification", isRequired: true)
        let note = body.string("note", maximum: 1_000)
        try body.throwProblems()
        guard let classification else { throw APIError(.internalError, "something failed on our side") }
        try await requireScore(of: id, tenant: exchange.tenant)
        let review = Review(
            tenant: exchange.tenant, leadID: id, classification: classification, note: note, at: clock.now)
        _ = try await stored { () async throws(StoreError) in try await store.commit(Commit(reviews: [review])) }
        var json = JSONWriter()
        json.beginObject()
        json.member("lead_id", id)
        json.member("classification", classification.rawValue)
        json.member("needs_review", false)
        json.member("reviewed_at", review.at.description)
        body.encodeWarnings(into: &json)
        json.endObject()
        return .json(json.bytes)
    }

    private func requireScore(of id: String, tenant: Tenant) async throws(APIError) {
        let state = try await stored { () async throws(StoreError) in try await store.state(of: id, tenant: tenant) }
        guard state.latest != nil else { throw Self.noScore() }
    }
}
