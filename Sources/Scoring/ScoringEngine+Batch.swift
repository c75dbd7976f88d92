import Forest
public import Leads

/// Many leads in one pass: one read of states, one call of the forest, one commit.
extension ScoringEngine {
    /// A `batch_processing` event of state `progress` stands after so many items.
    private static var progressInterval: Int { 25 }

    /// One item's way through the batch.
    private struct Item {
        var index: Int
        var request: ScoreRequest
        var key: CacheKey
        var warnings: [String]
    }

    /// An answer without computing, to be kept under its caller's key.
    private struct KeptHit {
        var item: Item
        var record: IdempotencyRecord
    }

    private struct Computed {
        var item: Item
        var draft: Draft
        var answer: ScoreAnswer
    }

    /// Scores up to a batch of leads of one tenant. Items that can't be scored are among `failures`; the later one of
    /// two with the same `lead_id` is. Events `started`, `progress` and `finished` are committed with the scores.
    ///
    /// - Throws: what concerns all of it: the store, or the model. Then nothing of the batch is stored, unless the store
    ///   was lost after one of the leads was found to have been erased meanwhile.
    public func scoreBatch(
        _ items: [BatchItem], batchID: String, tenant: Tenant
    ) async throws(ScoringError) -> BatchAnswer {
        let start = ContinuousClock.now
        do {
            let answer = try await batch(items, batchID, tenant, start)
            let end = ContinuousClock.now
            recorder.record(.total, end - start, at: end)
            return answer
        } catch {
            recorder.countFailure()
            throw error
        }
    }

    private func batch(
        _ items: [BatchItem], _ batchID: String, _ tenant: Tenant, _ start: ContinuousClock.Instant
    ) async throws(ScoringError) -> BatchAnswer {
        let model = champion(of: tenant)
        var failures: [Int: BatchFailure] = [:]
        var answers: [Int: ScoreAnswer] = [:]
        var hits: [KeptHit] = []
        var pending: [Item] = []
        var seen: Set<String> = []
        var keys: Set<String> = []
        for (index, item) in items.enumerated() {
            switch item {
            case .rejected(let failure): failures[index] = failure
            case .request(let request):
                precondition(request.tenant == tenant, "a batch belongs to one tenant")
                guard seen.insert(request.leadID).inserted else {
                    failures[index] = BatchFailure(
                        leadID: request.leadID, code: "duplicate_lead",
                        message: "an earlier lead of this batch has the same lead_id")
                    continue
                }
                if let key = request.idempotencyKey, !keys.insert(key).inserted {
                    failures[index] = failure(request.leadID, .idempotencyConflict)
                    continue
                }
                pending.append(Item(index: index, request: request, key: cacheKey(request, model), warnings: []))
            }
        }
        pending = try await answerWithoutComputing(pending, &answers, &failures, &hits)
        for item in pending { inFlight.enter(leadID: item.request.leadID, tenant: tenant) }
        var computed: [Computed] = []
        do throws(ScoringError) {
            computed = try await compute(pending, model, tenant, start, &failures)
            for one in computed { answers[one.item.index] = one.answer }
            let events = events(batchID, tenant, items.count, failures.count, computed)
            let whole = Commit(
                scores: computed.map(\.draft.record), events: events,
                idempotency: hits.map(\.record) + computed.compactMap(kept))
            do throws(ScoringError) {
                try await commit(whole)
            } catch {
                guard error == .optedOut else { throw error }
                computed = try await commitOneByOne(computed, hits, &answers, &failures)
                // Those of the leads stand in the log by now.
                let own = self.events(batchID, tenant, items.count, failures.count, computed)
                try await commit(Commit(events: own.filter { $0.type == .batchProcessing }))
            }
        } catch {
            for item in pending { _ = inFlight.leave(leadID: item.request.leadID, tenant: tenant) }
            throw error
        }
        recorder.countScored(computed.count, escalated: computed.count { $0.draft.isEscalated })
        await keep(computed.map { ($0.item.key, $0.draft.record) })
        for item in pending where answers[item.index] == nil {
            _ = inFlight.leave(leadID: item.request.leadID, tenant: tenant)
        }
        return assemble(batchID, answers, failures, start)
    }

    private func kept(_ one: Computed) -> IdempotencyRecord? {
        kept(one.answer.body, of: one.draft.record, for: one.item.request, at: one.draft.record.score.scoredAt)
    }

    /// Somebody of the batch was erased or asked not to be scored while it was computed: the others are stored all the same.
    ///
    /// - Returns: what was stored.
    private func commitOneByOne(
        _ computed: [Computed], _ hits: [KeptHit], _ answers: inout [Int: ScoreAnswer],
        _ failures: inout [Int: BatchFailure]
    ) async throws(ScoringError) -> [Computed] {
        var stored: [Computed] = []
        func store(_ item: Item, _ part: Commit) async throws(ScoringError) -> Bool {
            do throws(ScoringError) {
                try await commit(part)
                return true
            } catch {
                guard error == .optedOut else { throw error }
                answers[item.index] = nil
                failures[item.index] = failure(item.request.leadID, error)
                return false
            }
        }
        for hit in hits { _ = try await store(hit.item, Commit(idempotency: [hit.record])) }
        for one in computed {
            let part = Commit(
                scores: [one.draft.record], events: one.draft.events, idempotency: kept(one).map { [$0] } ?? [])
            if try await store(one.item, part) { stored.append(one) }
        }
        return stored
    }

    /// Repeats and cache hits; what is left has to be computed.
    private func answerWithoutComputing(
        _ items: [Item], _ answers: inout [Int: ScoreAnswer], _ failures: inout [Int: BatchFailure],
        _ hits: inout [KeptHit]
    ) async throws(ScoringError) -> [Item] {
        var left: [Item] = []
        var asked: [Item] = []
        for item in items {
            let request = item.request
            if let key = request.idempotencyKey {
                do {
                    if let first = try await replay(of: request, key: key) {
                        answers[item.index] = first
                        continue
                    }
                } catch {
                    guard error == .idempotencyConflict else { throw error }
                    failures[item.index] = failure(request.leadID, error)
                    continue
                }
            }
            if request.forceRefresh { left.append(item) } else { asked.append(item) }
        }
        guard !asked.isEmpty else { return left }
        let (records, warnings) = await look(up: asked.map(\.key))
        for (var item, cached) in zip(asked, records) {
            let request = item.request
            guard let cached else {
                item.warnings = warnings
                left.append(item)
                continue
            }
            recorder.countHit()
            let body = hitBody(cached, request)
            answers[item.index] = ScoreAnswer(record: cached, cacheHit: true, replayed: false, body: body)
            if let record = kept(body, of: cached, for: request, at: clock.now) {
                hits.append(KeptHit(item: item, record: record))
            }
        }
        return left.sorted { $0.index < $1.index }
    }

    private func compute(
        _ items: [Item], _ model: LoadedModel, _ tenant: Tenant, _ start: ContinuousClock.Instant,
        _ failures: inout [Int: BatchFailure]
    ) async throws(ScoringError) -> [Computed] {
        guard !items.isEmpty else { return [] }
        let states = try await stored { () async throws(StoreError) in
            try await store.states(of: items.map(\.request.leadID), tenant: tenant)
        }
        let now = clock.now
        var asked: [(item: Item, state: LeadState)] = []
        for item in items {
            let state = states[item.request.leadID] ?? LeadState(latest: nil, optedOut: false)
            if state.optedOut {
                failures[item.index] = failure(item.request.leadID, ScoringError.optedOut)
            } else {
                asked.append((item, state))
            }
        }
        let predicted = await SideBySide.map(asked.map(\.item.request)) { self.predict($0, model, now) }
        // In the order of the leads, for the day's escalations are counted one after the other.
        var judged: [(item: Item, facts: ScoreFacts, verdict: EscalationVerdict)] = []
        for ((item, state), result) in zip(asked, predicted) {
            switch result {
            case .failure(.unprocessable(let problems)):
                failures[item.index] = failure(item.request.leadID, .unprocessable(problems))
            case .failure(let error): throw error
            case .success(let (input, prediction, inference)):
                recorder.record(.inference, inference, at: ContinuousClock.now)
                let days = try await stored { () async throws(StoreError) in
                    try await closeDays.median(timeline: input.timeline, tenant: tenant, at: now)
                }
                let facts = ScoreFacts(
                    request: item.request, model: model, input: input, prediction: prediction, state: state,
                    closeDays: days, now: now, inferenceTime: inference, warnings: item.warnings)
                judged.append((item, facts, escalate(facts)))
            }
        }
        let drafts = await SideBySide.map(judged) { judged in
            judged.map { one in
                Result<Computed, ScoringError> { () throws(ScoringError) in
                    let draft = try self.draft(one.facts, one.verdict, start)
                    let body = self.answerBody(draft.record, one.item.request)
                    return Computed(
                        item: one.item, draft: draft,
                        answer: ScoreAnswer(record: draft.record, cacheHit: false, replayed: false, body: body))
                }
            }
        }
        return try drafts.map { draft throws(ScoringError) in try draft.get() }
    }

    /// Features, margins in one call of the forest, and contributions of some leads; the time is that of inference.
    private func predict(
        _ requests: ArraySlice<ScoreRequest>, _ model: LoadedModel, _ now: Timestamp
    ) -> [Result<(ModelInput, Prediction, Duration), ScoringError>] {
        let inputs = requests.map { request in
            Result<ModelInput, ScoringError> { () throws(ScoringError) in try prepare(request, model, now) }
        }
        let rows = inputs.compactMap { try? $0.get().row }
        let begin = ContinuousClock.now
        let margins: [Float]
        do {
            margins = try model.margins(of: rows.flatMap { $0 }, rowCount: rows.count)
        } catch {
            return inputs.map { _ in .failure(.inference(error.description)) }
        }
        let perRow = (ContinuousClock.now - begin) / max(1, rows.count)
        var next = margins.makeIterator()
        return inputs.map { input in
            Result { () throws(ScoringError) in
                let input = try input.get()
                guard let margin = next.next() else { throw .inference("a row without a margin") }
                let explaining = ContinuousClock.now
                let prediction = try predict(input, model, margin: margin)
                return (input, prediction, perRow + (ContinuousClock.now - explaining))
            }
        }
    }

    private func events(
        _ batchID: String, _ tenant: Tenant, _ total: Int, _ failed: Int, _ computed: [Computed]
    ) -> [NewEvent] {
        let now = clock.now
        func event(_ done: Int, _ failed: Int, _ state: StaticString) -> NewEvent {
            NewEvent(
                tenant: tenant, type: .batchProcessing, id: Identifier.make("evt_"), timestamp: now,
                data: ScoreJSON.batchProcessing(
                    batchID: batchID, done: done, total: total, failed: failed, state: state),
                leadID: nil)
        }
        var events = [event(0, 0, "started")]
        let known = total - computed.count
        for (place, one) in computed.enumerated() {
            events += one.draft.events
            if (place + 1) % Self.progressInterval == 0, place + 1 < computed.count {
                events.append(event(known + place + 1, failed, "progress"))
            }
        }
        events.append(event(total, failed, "finished"))
        return events
    }

    private func assemble(
        _ batchID: String, _ answers: [Int: ScoreAnswer], _ failures: [Int: BatchFailure],
        _ start: ContinuousClock.Instant
    ) -> BatchAnswer {
        let results = answers.sorted { $0.key < $1.key }.map { (index: $0.key, answer: $0.value) }
        let failed = failures.sorted { $0.key < $1.key }.map { (index: $0.key, failure: $0.value) }
        let body = ScoreJSON.batch(
            batchID: batchID, results: results, failures: failed,
            processingTimeMilliseconds: Figures.milliseconds(ContinuousClock.now - start))
        return BatchAnswer(batchID: batchID, results: results, failures: failed, body: body)
    }

    private func failure(_ leadID: String, _ error: ScoringError) -> BatchFailure {
        var details: [FieldProblem] = []
        if case .unprocessable(let problems) = error { details = problems }
        return BatchFailure(leadID: leadID, code: error.code, message: error.description, details: details)
    }
}
