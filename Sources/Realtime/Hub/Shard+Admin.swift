import NIOCore

extension Shard {
    func snapshot(tenant: String?) -> ShardSnapshot {
        var snapshot = ShardSnapshot(at: Double(loop.now.uptimeNanoseconds) / 1e9)
        for stream in streams.values where tenant == nil || tenant == stream.tenant {
            snapshot.streams.append(
                StreamSnapshot(
                    tenant: stream.tenant, figures: stream.figures,
                    position: stream.isKnown ? stream.position : nil,
                    history: EventName.allCases.compactMap { name in
                        let ring = stream.ring(name)
                        guard let first = ring.first, let last = ring.last else { return nil }
                        return HubMetrics.History(
                            name: name, first: first.offset, last: last.offset, count: ring.count, bytes: ring.bytes)
                    },
                    groups: stream.groups.count))
        }
        for consumer in watched where tenant == nil || tenant == consumer.stream.tenant {
            snapshot.lagging += consumer.isLive ? 0 : 1
            snapshot.stalled += consumer.unwritableSince == nil ? 0 : 1
            snapshot.bufferedBytes += consumer.sink?.bufferedBytes ?? 0
            if let state = consumer.catchUp, !state.isReplay {
                let lag = Double((loop.now - state.startedAt).nanoseconds) / 1e6
                snapshot.maximumLagMilliseconds = max(snapshot.maximumLagMilliseconds, lag)
            }
        }
        snapshot.filters = tenant.map { streams[$0]?.distinctFilters ?? 0 } ?? filters.count
        return snapshot
    }

    /// Those that are asked for among the next connections in order of their number.
    func connections(_ query: ConnectionQuery, after: UInt64) -> ConnectionSlice {
        let looked = consumers[position(after: after)...].prefix(ConnectionWalk.lookedAtInATurn)
        let now = loop.now
        let wall = configuration.wallClock()
        let found = looked.filter { consumer in
            (query.tenant == nil || query.tenant == consumer.principal.tenant)
                && (query.user == nil || query.user == consumer.principal.user)
                && (query.role == nil || query.role == consumer.principal.role)
                && (query.event.map { consumer.subscriptions.contains($0) } ?? true)
                && (query.isLagging.map { $0 != consumer.isLive } ?? true)
        }
        let next = looked.endIndex < consumers.endIndex ? looked.last?.number : nil
        return ConnectionSlice(found: found.map { info($0, now, wall) }, next: next)
    }

    /// False if there is none, or it is another tenant's.
    func disconnect(_ number: UInt64, tenant: String?, code: CloseCode) -> Bool {
        guard case let place = position(after: number), place > 0, consumers[place - 1].number == number,
            case let consumer = consumers[place - 1], tenant == nil || tenant == consumer.principal.tenant
        else { return false }
        consumer.close(code)
        return true
    }

    /// Closes all that are selected, and counts them.
    func disconnect(_ selection: ConnectionSelection, tenant: String?, code: CloseCode) -> Int {
        let selected = consumers.filter { consumer in
            !consumer.isClosing && (tenant == nil || tenant == consumer.principal.tenant)
                && selection.selects(consumer)
        }
        for consumer in selected { consumer.close(code) }
        return selected.count
    }

    /// Values as they stand; whatever costs a text is made of them off the loop.
    private func info(_ consumer: Consumer, _ now: NIODeadline, _ wall: Int64) -> ConnectionInfo {
        let age = now - consumer.connectedAt
        let stream = consumer.stream
        let cursor = consumer.catchUp?.cursor ?? stream.top
        var info = ConnectionInfo(
            number: consumer.number, node: configuration.node, principal: consumer.principal,
            transport: consumer.sink?.transport.name ?? "none", address: consumer.address)
        if let key = consumer.group?.key {
            info.events = key.events
            info.filters = key.filters.map { $0?.filter }
        }
        info.connectedAt = wall - age.nanoseconds / 1_000_000
        info.ageSeconds = Double(age.nanoseconds) / 1e9
        info.lastSeenMilliseconds = Double((now - consumer.lastInbound).nanoseconds) / 1e6
        info.roundTripMilliseconds = consumer.roundTrip.map { Double($0.nanoseconds) / 1e6 }
        info.messagesIn = consumer.messagesIn
        info.messagesOut = consumer.messagesOut
        info.bytesIn = consumer.bytesIn
        info.bytesOut = consumer.bytesOut
        info.bufferedBytes = consumer.sink?.bufferedBytes ?? 0
        info.cursor = stream.isKnown ? cursor : nil
        info.lagEvents = stream.top - min(cursor, stream.top)
        info.lagMilliseconds = consumer.catchUp.map { Double((now - $0.startedAt).nanoseconds) / 1e6 } ?? 0
        return info
    }
}
