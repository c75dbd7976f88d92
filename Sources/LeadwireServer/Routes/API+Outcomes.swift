import JSONBytes
import Leads
import Scoring

extension API {
    /// An outcome without a moment that repeats one of the last so long is the same one.
    private static let repeatWindow = Duration.seconds(86_400)
    /// How far ahead a moment may lie: clocks and calendars differ.
    private static let tolerance = Duration.seconds(86_400)

    /// `POST /outcomes`: the label that training learns from, for a lead that was scored or not.
    ///
    /// A repeat changes nothing and tells nobody: it is answered like the first.
    func recordOutcome(_ exchange: Exchange) async throws -> Reply {
        let (document, _) = try await exchange.collectJSON()
        var body = BodyFields(document.root, known: ["lead_id", "outcome", "value", "at", "outcome_at"])
        let id = body.leadID()
        let result: Outcome.Result? = body.choice("outcome", isRequired: true)
        let value = body.number("value", atLeast: 0)
        let now = clock.now
        let at = moment(&body, now: now)
        try body.throwProblems()
        guard let id, let result else { throw APIError(.internalError, "something failed on our side") }
        let tenant = exchange.tenant
        let known = try await stored { () async throws(StoreError) in
            try await store.outcomes(of: id, tenant: tenant)
        }
        let same = known.last { entry in
            guard entry.outcome.result == result, entry.outcome.value == value else { return false }
            if let at { return entry.outcome.at == at }
            return now.duration(since: entry.recordedAt) < Self.repeatWindow
        }
        if let same { return Self.answer(same, body) }
        let outcome = Outcome(leadID: id, result: result, value: value, at: at ?? now)
        let entry = TenantOutcome(tenant: tenant, outcome: outcome, recordedAt: now)
        let corrected = known.first { $0.outcome.at == outcome.at && $0.outcome.result == result }
        let commit = Commit(events: [Self.event(entry, correcting: corrected)], outcomes: [entry])
        _ = try await stored { () async throws(StoreError) in try await store.commit(commit) }
        return Self.answer(entry, body)
    }

    private func moment(_ body: inout BodyFields, now: Timestamp) -> Timestamp? {
        let at = body.timestamp("at")
        let alias = body.timestamp("outcome_at")
        if let at, let alias, at != alias { body.report("outcome_at", "differs from at, which means the same") }
        let moment = at ?? alias
        if let moment, moment > now.advanced(by: Self.tolerance) {
            body.report(at == nil ? "outcome_at" : "at", "lies more than a day in the future")
        }
        return moment
    }

    /// Two equal reports at once are one event: its id follows from what it says and from what stood before.
    private static func event(_ entry: TenantOutcome, correcting earlier: TenantOutcome?) -> NewEvent {
        let outcome = entry.outcome
        var data = JSONWriter()
        data.beginObject()
        data.member("lead_id", outcome.leadID)
        data.member("outcome", outcome.result.rawValue)
        data.member("value", outcome.value)
        data.member("at", outcome.at.description)
        data.endObject()
        let before = earlier.map { "\($0.recordedAt.milliseconds)" } ?? ""
        let id = digest(data.bytes + Array(before.utf8)).prefix(16).reduce("out_") { text, byte in
            text + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        return NewEvent(
            tenant: entry.tenant, type: .outcomeRecorded, id: id, timestamp: entry.recordedAt, data: data.bytes,
            leadID: outcome.leadID)
    }

    private static func answer(_ entry: TenantOutcome, _ body: BodyFields) -> Reply {
        var json = JSONWriter()
        json.beginObject()
        json.member("lead_id", entry.outcome.leadID)
        json.member("outcome", entry.outcome.result.rawValue)
        json.member("value", entry.outcome.value)
        json.member("at", entry.outcome.at.description)
        json.member("recorded_at", entry.recordedAt.description)
        body.encodeWarnings(into: &json)
        json.endObject()
        return .json(json.bytes)
    }
}
