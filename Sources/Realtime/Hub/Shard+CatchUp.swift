import NIOCore

/// One read of the history: equal ones under way are shared.
struct HistoryRead: Hashable {
    var tenant: String
    var after: UInt64
}

/// What a read brought, kept for a second for those who come behind.
struct HistoryPage {
    let items: [HistoryItem]
    let epoch: String
    let erasures: Int
}

extension Shard {
    static let recentPageCount = 16
    /// How much one reader may take of one turn of the loop.
    static let catchUpBytes = 32 << 10
    static let catchUpEvents = 256
    static let historyPage = 256
    /// How long a reader that knows more than we do is believed.
    static let aheadTime = TimeAmount.seconds(2)

    /// From live to behind: it has everything up to `cursor`.
    func fallBehind(_ consumer: Consumer, at cursor: UInt64) {
        guard consumer.isListed, consumer.catchUp == nil else { return }
        consumer.catchUp = CatchUp(cursor: cursor, at: loop.now)
        consumer.stream.figures.fellBehind += 1
        watchIfNeeded(consumer)
    }

    func wakeReadersBehind(on stream: TenantStream) {
        guard !watched.isEmpty else { return }
        for consumer in watched where consumer.stream === stream && consumer.catchUp != nil { catchUp(consumer) }
    }

    /// Sends what a reader lacks, as much as one turn allows and its channel takes. Called whenever it may have become
    /// possible: writable again, new events, a page of history, its own next turn.
    func catchUp(_ consumer: Consumer) {
        guard let state = consumer.catchUp, let sink = consumer.sink, sink.isWritable, !state.isFetching,
            !state.isScheduled, consumer.stream.isKnown
        else { return }
        var pass = Pass(consumer: consumer, state: state, transport: sink.transport)
        let isComplete = fill(&pass)
        pass.announceFirst(
            pass.leftOut.map { name, range in
                ServerMessage.gap([name], range, epoch: consumer.stream.epoch, reason: .conflated)
            })
        if pass.bytes.readableBytes > 0 {
            state.progressedAt = loop.now
            let stream = consumer.stream
            stream.figures.volume.delivered += UInt64(pass.events)
            stream.figures.messagesSent += UInt64(pass.messages)
            stream.figures.volume.bytesOut += UInt64(pass.bytes.readableBytes)
            if state.isReplay { stream.figures.replayed += UInt64(pass.events) }
            consumer.send(pass.bytes, messages: pass.messages)
        }
        guard consumer.catchUp === state else { return }
        if isComplete {
            consumer.catchUp = nil
            watchIfNeeded(consumer)
            // Tells the client that the replay is over, and where it stands.
            if state.isReplay {
                consumer.send(ServerMessage.heartbeat(consumer.stream.position, at: configuration.wallClock()))
            }
        } else if !state.isFetching, sink.isWritable, !isAhead(state, of: consumer.stream) {
            state.isScheduled = true
            // The shard lives on its loop, and NIO traps where that is not so.
            loop.assumeIsolated().execute { [weak consumer] in
                state.isScheduled = false
                if let consumer, consumer.catchUp === state { self.catchUp(consumer) }
            }
        }
    }

    /// What one turn writes for one reader.
    private struct Pass {
        let consumer: Consumer
        let state: CatchUp
        let transport: Transport
        var bytes = ByteBuffer()
        var events = 0
        var messages = 0
        var examined = 0
        /// Older states that were not sent, by name.
        var leftOut: [EventName: ClosedRange<UInt64>] = [:]

        var hasRoom: Bool { bytes.readableBytes < Shard.catchUpBytes && examined < Shard.catchUpEvents }

        mutating func announce(_ message: ServerMessage) {
            transport.append(message, to: &bytes)
            messages += 1
        }

        /// Before everything else of this turn: who has read a later event has read what was left out before it.
        mutating func announceFirst(_ announcements: [ServerMessage]) {
            guard !announcements.isEmpty else { return }
            var rest = bytes
            bytes = ByteBuffer()
            for message in announcements { announce(message) }
            bytes.writeBuffer(&rest)
        }
    }

    /// Returns true when the reader has arrived at the top.
    private func fill(_ pass: inout Pass) -> Bool {
        let state = pass.state
        let stream = pass.consumer.stream
        while pass.hasRoom {
            if let loss = state.loss {
                state.loss = nil
                let names =
                    loss.through == nil ? lostNames(of: pass.consumer, state) : pass.consumer.subscriptions.names
                announce(names, through: { loss.through ?? stream.ring($0).evictedThrough }, loss.reason, &pass)
            }
            if let item = state.page.popFirst() {
                // The log may be ahead of what was published here: that comes by itself, and once.
                if item.offset > stream.top { state.page = [] } else { takeFromHistory(item, &pass) }
                continue
            }
            let lost = lostNames(of: pass.consumer, state)
            if !lost.isEmpty {
                if history != nil, !state.historyEnded {
                    guard read(for: pass.consumer, state) else { return false }
                    continue
                }
                announce(lost, through: { stream.ring($0).evictedThrough }, .evicted, &pass)
                state.historyEnded = false
                continue
            }
            takeFromRings(&pass)
            guard state.cursor >= stream.top else { continue }
            // A reader that knows a higher offset than we do waits for it.
            return !isAhead(state, of: stream)
        }
        return false
    }

    /// The reader has read all there is and was promised something that has not arrived here yet.
    private func isAhead(_ state: CatchUp, of stream: TenantStream) -> Bool {
        state.cursor >= stream.top && EventName.allCases.contains { state.floors[$0.index] > stream.top }
    }

    /// Subscribed names of which memory has lost something that this reader lacks.
    private func lostNames(of consumer: Consumer, _ state: CatchUp) -> [EventName] {
        consumer.subscriptions.names.filter { consumer.stream.ring($0).evictedThrough > state.through($0) }
    }

    private func takeFromHistory(_ item: HistoryItem, _ pass: inout Pass) {
        pass.examined += 1
        switch item {
        case .erased(let offset): pass.state.cursor = max(pass.state.cursor, offset)
        case .event(let publication):
            guard publication.offset > pass.state.cursor else { return }
            pass.state.cursor = publication.offset
            offer(publication, &pass)
        }
    }

    /// Merges the rings of all names that the role may see, in order of offset.
    private func takeFromRings(_ pass: inout Pass) {
        let state = pass.state
        let stream = pass.consumer.stream
        let names = pass.consumer.principal.allowedEvents.names
        var places = names.map { stream.ring($0).position(after: state.through($0)) }
        while pass.hasRoom {
            var next: (index: Int, publication: Publication)?
            for index in names.indices where places[index] < stream.ring(names[index]).count {
                let candidate = stream.ring(names[index])[places[index]]
                if candidate.offset < next?.publication.offset ?? .max { next = (index, candidate) }
            }
            guard let next else {
                state.cursor = max(state.cursor, stream.top)
                return
            }
            places[next.index] += 1
            pass.examined += 1
            state.cursor = next.publication.offset
            offer(next.publication, &pass)
        }
    }

    private func offer(_ publication: Publication, _ pass: inout Pass) {
        guard publication.offset > pass.state.floors[publication.name.index], let group = pass.consumer.group,
            group.wants(publication, passes: { self.filters.passes($0, publication) })
        else { return }
        let stream = pass.consumer.stream
        if !pass.state.isReplay, stream.isOutdated(publication) {
            let leftOut = pass.leftOut[publication.name]?.lowerBound ?? publication.offset
            pass.leftOut[publication.name] = leftOut...publication.offset
            stream.figures.conflated += 1
            return
        }
        pass.transport.append(publication, to: &pass.bytes)
        pass.events += 1
        pass.messages += 1
    }

    // MARK: What can't be had

    /// One message for all names that lack the same range.
    private func announce(
        _ names: [EventName], through: (EventName) -> UInt64, _ reason: GapReason, _ pass: inout Pass
    ) {
        let stream = pass.consumer.stream
        var ranges: [ClosedRange<UInt64>: [EventName]] = [:]
        for name in names {
            let from = pass.state.through(name) + 1
            let to = through(name)
            guard from <= to else { continue }
            ranges[from...to, default: []].append(name)
            pass.state.floors[name.index] = to
        }
        func ends(_ range: ClosedRange<UInt64>) -> (UInt64, UInt64) { (range.lowerBound, range.upperBound) }
        for (range, names) in ranges.sorted(by: { ends($0.key) < ends($1.key) }) {
            stream.figures.gaps += 1
            pass.announce(ServerMessage.gap(names, range, epoch: stream.epoch, reason: reason))
        }
    }

    // MARK: The history

    /// Asks the history for what follows the cursor, or takes what another reader has just got. Returns true when
    /// there is something to go on with at once.
    private func read(for consumer: Consumer, _ state: CatchUp) -> Bool {
        guard let history else { return true }
        let key = HistoryRead(tenant: consumer.stream.tenant, after: state.cursor)
        if let page = recentPages[key], page.epoch == consumer.stream.epoch, page.erasures == consumer.stream.erasures {
            use(.success(page.items), for: state)
            return true
        }
        state.isFetching = true
        if reads[key] != nil {
            reads[key]?.append((consumer, state))
            return false
        }
        reads[key] = [(consumer, state)]
        let stream = consumer.stream
        let epoch = stream.epoch
        let erasures = stream.erasures
        // The shard lives on its loop, and NIO traps where that is not so.
        loop.makeFutureWithTask {
            try await history.events(after: key.after, tenant: key.tenant, limit: Self.historyPage)
        }.assumeIsolated().whenComplete { result in
            let readers = self.reads.removeValue(forKey: key) ?? []
            if case .success(let items) = result, !items.isEmpty, self.recentPages.count < Self.recentPageCount {
                self.recentPages[key] = HistoryPage(items: items, epoch: epoch, erasures: erasures)
            }
            for (reader, state) in readers where reader.catchUp === state {
                state.isFetching = false
                // An erasure or a new epoch since: what was read may not be sent.
                if stream.epoch == epoch, stream.erasures == erasures, state.cursor == key.after {
                    self.use(result, for: state)
                }
                self.catchUp(reader)
            }
        }
        return false
    }

    private func use(_ result: Result<[HistoryItem], any Error>, for state: CatchUp) {
        switch result {
        case .failure:
            state.loss = CatchUp.Loss(through: nil, reason: .historyUnavailable)
        case .success(let items):
            guard let first = items.first else {
                state.historyEnded = true
                return
            }
            if first.offset > state.cursor + 1 {
                state.loss = CatchUp.Loss(through: first.offset - 1, reason: .evicted)
            }
            state.page = items[...]
        }
    }
}

extension HistoryItem {
    var offset: UInt64 {
        switch self {
        case .event(let publication): publication.offset
        case .erased(let offset): offset
        }
    }
}
