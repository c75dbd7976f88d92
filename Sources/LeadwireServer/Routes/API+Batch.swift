import JSONBytes
import Leads
import Scoring

extension API {
    /// `POST /batch-score`: one pass, one commit; a bad lead becomes an entry of `errors`.
    func scoreBatch(_ exchange: Exchange) async throws -> Reply {
        let bytes = try await exchange.collectBody(limit: exchange.limits.batchBodyBytes)
        return try await admission.run(.batch, bytes: bytes.count) { try await batch(bytes, exchange) }
    }

    private func batch(_ bytes: [UInt8], _ exchange: Exchange) async throws -> Reply {
        let document = try Exchange.parse(bytes, limits: exchange.limits)
        let received = ContinuousClock.now
        statistics.record(.receive, exchange.started.duration(to: received))
        guard document.root.kind == .object, let leads = document.root["leads"], leads.kind == .array else {
            throw APIError.invalid("leads", "is required: an array of leads")
        }
        guard (1...exchange.limits.batchLeads).contains(leads.count) else {
            throw APIError.invalid("leads", "must hold 1 to \(exchange.limits.batchLeads) leads")
        }
        let items = leads.elements.map { Self.batchItem($0, tenant: exchange.tenant) }
        let decoded = ContinuousClock.now
        statistics.record(.decode, received.duration(to: decoded))
        let answer: BatchAnswer
        do {
            answer = try await engine.scoreBatch(items, batchID: RequestID.make(), tenant: exchange.tenant)
        } catch {
            throw Self.refusal(error)
        }
        let scored = ContinuousClock.now
        statistics.record(.score, decoded.duration(to: scored))
        statistics.record(.request, exchange.started.duration(to: scored))
        return .json(answer.body)
    }

    /// A lead of a batch or of a stream's line.
    static func batchItem(_ element: JSONElement, tenant: Tenant) -> BatchItem {
        let decoded = LeadDecoder.decode(element)
        guard decoded.problems.isEmpty else {
            let error = APIError.invalid(decoded.problems)
            return .rejected(
                BatchFailure(
                    leadID: decoded.lead.id.isEmpty ? nil : decoded.lead.id, code: error.code.rawValue,
                    message: error.message, details: error.details))
        }
        var request = request(
            .lead(decoded.lead, json: LeadJSON.encode(decoded.lead)), tenant: tenant, decoded.options,
            warnings: decoded.warnings)
        if let id = decoded.options.requestID {
            request.idempotencyKey = id
            request.requestDigest = digest(element.bytes)
        }
        return .request(request)
    }
}
