import JSONBytes
import NIOCore

extension Shard {
    /// How long the history may take to say where a log stands.
    static let locateTime = TimeAmount.seconds(5)

    func perform(_ command: Command, id: [UInt8]?, for consumer: Consumer) {
        switch command {
        case .ping:
            consumer.send(ServerMessage.acknowledgement("pong", id: id, at: configuration.wallClock()))
        case .heartbeat:
            consumer.send(ServerMessage.acknowledgement("heartbeat_ack", id: id, at: configuration.wallClock()))
        case .subscribe(let request):
            whenKnown(consumer, id: id) { self.subscribe(consumer, request, id: id) }
        case .unsubscribe(let selection):
            whenKnown(consumer, id: id) { self.unsubscribe(consumer, selection, id: id) }
        case .getStatus:
            whenKnown(consumer, id: id) { consumer.send(self.status(of: consumer, id: id)) }
        case .refresh(let token):
            refresh(consumer, token: token, id: id)
        case .authenticate:
            let error = CommandError(
                code: .alreadyAuthenticated, message: "this connection is known already; a new token comes by refresh")
            consumer.refuse(error, id: id, at: loop.now)
        }
    }

    // MARK: Where the log stands

    /// Carries on at once, or when the history has told the position; the reader's later messages wait in order.
    func whenKnown(_ consumer: Consumer, id: [UInt8]?, _ body: @escaping () -> Void) {
        let stream = consumer.stream
        if !stream.isKnown && history == nil {
            // Nothing was ever published, and nobody remembers anything: the log begins here.
            locate(stream, epoch: configuration.firstEpoch, offset: 0)
        }
        guard !stream.isKnown else { return body() }
        consumer.park()
        stream.waiting.append { [weak consumer] isKnown in
            guard let consumer, consumer.isListed else { return }
            if isKnown {
                body()
            } else {
                let error = CommandError(
                    code: .historyUnavailable, message: "the event log can't be read now; try again")
                consumer.refuse(error, id: id, at: self.loop.now)
            }
            consumer.unpark()
        }
        askForPosition(of: stream)
    }

    private func askForPosition(of stream: TenantStream) {
        guard let history, !stream.isLocating else { return }
        stream.isLocating = true
        let tenant = stream.tenant
        let answer = loop.makePromise(of: StreamPosition?.self)
        let timeout = loop.scheduleTask(in: Self.locateTime) { answer.succeed(nil) }
        // Cancelled, or the loop is shut down: the promise must not be left alone.
        timeout.futureResult.whenFailure { _ in answer.succeed(nil) }
        loop.makeFutureWithTask { try await history.position(of: tenant) }.whenComplete { result in
            answer.succeed((try? result.get()).map { StreamPosition(epoch: $0.epoch, offset: $0.offset) })
        }
        answer.futureResult.assumeIsolated().whenSuccess { position in
            timeout.cancel()
            stream.isLocating = false
            // A publication may have told it meanwhile.
            if stream.isKnown { return }
            if let position { return self.locate(stream, epoch: position.epoch, offset: position.offset) }
            let waiting = stream.waiting
            stream.waiting = []
            for proceed in waiting { proceed(false) }
        }
    }

    // MARK: Subscriptions

    func subscribe(_ consumer: Consumer, _ request: SubscribeRequest, id: [UInt8]?) {
        let allowed = consumer.principal.allowedEvents
        let wanted = request.selection.isEverything ? allowed : request.selection.events
        let granted = wanted.intersection(allowed)
        let added = granted.subtracting(consumer.subscriptions)
        guard let filters = mergedFilters(of: consumer, adding: request.filter, to: granted) else {
            let error = CommandError(code: .tooManyFilters, message: "too many distinct filters on this server")
            return consumer.refuse(error, id: id, at: loop.now)
        }
        regroup(consumer, events: consumer.subscriptions.union(granted), filters: filters)
        var update = self.update(of: consumer)
        update.denied = wanted.subtracting(allowed).names.map { ($0.rawValue, "role") }
        update.denied += request.selection.unknown.map { ($0, "unknown_event") }
        let plan = planReplay(consumer, of: granted, added: added, since: request.since)
        update.recovered = plan.recovered
        update.replaying = plan.replaying
        update.isStart = request.since == nil
        consumer.send(ServerMessage.subscriptionUpdated(update, id: id))
        if let announcement = plan.announcement { consumer.send(announcement) }
        catchUp(consumer)
    }

    private func unsubscribe(_ consumer: Consumer, _ selection: EventSelection, id: [UInt8]?) {
        let gone = selection.isEverything ? EventSet.all : selection.events
        retainFilters(of: consumer, except: gone)
        let old = consumer.group?.key.filters ?? []
        var kept = old
        for name in gone.names where !kept.isEmpty { kept[name.index] = nil }
        regroup(consumer, events: consumer.subscriptions.subtracting(gone), filters: kept)
        var update = self.update(of: consumer)
        update.denied = selection.unknown.map { ($0, "unknown_event") }
        consumer.send(ServerMessage.subscriptionUpdated(update, id: id))
        catchUp(consumer)
    }

    private func update(of consumer: Consumer) -> ServerMessage.SubscriptionUpdate {
        ServerMessage.SubscriptionUpdate(
            subscriptions: consumer.subscriptions, connectionID: consumer.id, position: consumer.stream.position)
    }

    /// The reader's filters with this one on the granted names, each entry retained once more for the new group (the
    /// old group's are released when it is left). Nil when there are too many distinct ones.
    private func mergedFilters(of consumer: Consumer, adding filter: Filter?, to granted: EventSet) -> [FilterEntry?]? {
        var result = consumer.group?.key.filters ?? []
        if result.isEmpty { result = Array(repeating: nil, count: EventName.count) }
        var entry: FilterEntry?
        if let filter, !granted.isEmpty {
            entry = filters.retain(filter, limit: configuration.maximumFilters)
            guard let entry else { return nil }
            for _ in 1..<max(1, granted.names.count) { filters.retain(entry) }
        }
        for name in granted.names { result[name.index] = entry }
        retainFilters(of: consumer, except: granted)
        return result
    }

    private func retainFilters(of consumer: Consumer, except names: EventSet) {
        guard let key = consumer.group?.key, !key.filters.isEmpty else { return }
        for name in key.events.subtracting(names).names {
            if let entry = key.filters[name.index] { filters.retain(entry) }
        }
    }

    // MARK: since

    private struct ReplayPlan {
        var recovered = false
        /// At most so many events follow from the past.
        var replaying: UInt64 = 0
        /// Sent right after the answer.
        var announcement: ServerMessage?
    }

    private func planReplay(
        _ consumer: Consumer, of granted: EventSet, added: EventSet, since: StreamPosition?
    ) -> ReplayPlan {
        let stream = consumer.stream
        var plan = ReplayPlan()
        guard let since, !granted.isEmpty else {
            // From now on; a reader that is behind gets nothing older of the new names either, and goes on with those that
            // it had.
            if let state = consumer.catchUp { for name in added.names { state.floors[name.index] = stream.top } }
            return plan
        }
        stream.figures.recoveryAttempts += 1
        guard since.epoch == stream.epoch else {
            stream.figures.notRecovered += 1
            if let state = consumer.catchUp { for name in granted.names { state.floors[name.index] = stream.top } }
            plan.announcement = ServerMessage.reset(stream.position, reason: "epoch_changed")
            return plan
        }
        var from = since.offset
        plan.recovered = true
        if stream.top > from, stream.top - from > configuration.maximumReplay {
            let oldest = stream.top - configuration.maximumReplay
            plan.announcement = ServerMessage.gap(
                granted.names, (from + 1)...oldest, epoch: stream.epoch, reason: .tooOld)
            stream.figures.gaps += 1
            plan.recovered = false
            from = oldest
        }
        let isInMemory = granted.names.allSatisfy { stream.ring($0).evictedThrough <= from }
        if !isInMemory && history == nil { plan.recovered = false }
        if from != stream.top {
            beginReplay(consumer, of: granted, from: from)
        } else if let state = consumer.catchUp {
            // It says that it has everything of these names, whatever else it is behind with.
            for name in granted.names { state.floors[name.index] = from }
        }
        plan.replaying =
            isInMemory
            ? granted.names.reduce(0) { sum, name in
                let ring = stream.ring(name)
                return sum + UInt64(ring.count - ring.position(after: from))
            }
            : stream.top - min(from, stream.top)
        if plan.recovered { stream.figures.recovered += 1 } else { stream.figures.notRecovered += 1 }
        return plan
    }

    /// From here on the reader is behind by its own wish: the same way as a slow one, so that the end of the replay
    /// and what is live meet without a seam.
    private func beginReplay(_ consumer: Consumer, of granted: EventSet, from offset: UInt64) {
        let stream = consumer.stream
        let state = consumer.catchUp ?? CatchUp(cursor: stream.top, at: loop.now)
        // What it already has of the other names must not come again when the cursor goes back.
        for name in EventName.allCases {
            state.floors[name.index] = granted.contains(name) ? offset : state.through(name)
        }
        state.cursor = min(state.cursor, offset)
        state.page = []
        state.loss = nil
        state.historyEnded = false
        state.isReplay = true
        consumer.catchUp = state
        watchIfNeeded(consumer)
    }

    // MARK: The rest

    private func status(of consumer: Consumer, id: [UInt8]?) -> ServerMessage {
        let position = consumer.stream.position
        let now = loop.now
        return ServerMessage.text("status", id: id) { writer in
            writer.member("connection_id", consumer.id)
            writer.member("user", consumer.principal.user)
            writer.member("role", consumer.principal.role.rawValue)
            writer.member("tenant", consumer.principal.tenant)
            ServerMessage.names(consumer.subscriptions.names, under: "subscriptions", &writer)
            writer.member("epoch", position.epoch)
            writer.member("offset", position.offset)
            writer.member("cursor", consumer.catchUp?.cursor ?? position.offset)
            writer.member("age_seconds", Double((now - consumer.connectedAt).nanoseconds / 1_000_000) / 1e3)
            writer.member("messages_sent", consumer.messagesOut)
            writer.member("messages_received", consumer.messagesIn)
            writer.member("timestamp", WallTime.rfc3339(self.configuration.wallClock()))
        }
    }

    private func refresh(_ consumer: Consumer, token: String, id: [UInt8]?) {
        guard let refresher else {
            let error = CommandError(code: .refreshUnavailable, message: "tokens are not refreshed on this server")
            return consumer.refuse(error, id: id, at: loop.now)
        }
        consumer.park()
        // The future is this loop's own, so its callback runs where the reader lives.
        loop.makeFutureWithTask { await refresher.verdict(onToken: token) }.assumeIsolated().whenComplete { result in
            guard consumer.isListed else { return }
            defer { consumer.unpark() }
            guard case .success(.valid(let principal)) = result, principal.user == consumer.principal.user,
                principal.tenant == consumer.principal.tenant, !refresher.isRevoked(principal)
            else {
                let error = CommandError(code: .invalidToken, message: "the token is not valid for this connection")
                return consumer.refuse(error, id: id, at: self.loop.now)
            }
            self.adopt(principal, for: consumer)
            consumer.send(
                ServerMessage.text("token_refreshed", id: id) { writer in
                    writer.member("role", principal.role.rawValue)
                    ServerMessage.names(consumer.subscriptions.names, under: "subscriptions", &writer)
                })
        }
    }

    /// A new role, filter or list of events changes what the reader may see, at once.
    private func adopt(_ principal: Principal, for consumer: Consumer) {
        consumer.stream.figures.byRole[consumer.principal.role, default: 0] -= 1
        consumer.stream.figures.byRole[principal.role, default: 0] += 1
        consumer.principal = principal
        watchExpiry(consumer)
        let gone = EventSet.all.subtracting(principal.allowedEvents)
        retainFilters(of: consumer, except: gone)
        var kept = consumer.group?.key.filters ?? []
        for name in gone.names where !kept.isEmpty { kept[name.index] = nil }
        regroup(consumer, events: consumer.subscriptions.subtracting(gone), filters: kept)
    }
}
