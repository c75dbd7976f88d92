import NIOCore

extension Shard {
    /// One turn of the loop: at most ``ShardMailbox/turn`` items, in the order they were posted.
    func take(_ items: [ShardMailbox.Item]) {
        var run: [Publication] = []
        func deliverRun() {
            if let first = run.first, let stream = streamForPublishing(first.tenant) { deliver(run, on: stream) }
            run.removeAll(keepingCapacity: true)
        }
        for item in items {
            switch item {
            case .publication(let publication):
                if let first = run.first, first.tenant != publication.tenant { deliverRun() }
                run.append(publication)
            case .position(let tenant, let epoch, let offset):
                deliverRun()
                if let stream = streamForPublishing(tenant), !stream.isKnown {
                    locate(stream, epoch: epoch, offset: offset)
                }
            case .erase(let tenant, let erasure):
                deliverRun()
                erase(erasure, on: stream(of: tenant))
            }
        }
        deliverRun()
    }

    /// Publications of one tenant, in order.
    private func deliver(_ run: [Publication], on stream: TenantStream) {
        var fresh: [Publication] = []
        fresh.reserveCapacity(run.count)
        func flush() {
            fanOut(fresh, on: stream)
            fresh.removeAll(keepingCapacity: true)
        }
        for publication in run {
            if !stream.isKnown {
                locate(stream, epoch: publication.epoch, offset: publication.offset - min(1, publication.offset))
            } else if publication.epoch != stream.epoch {
                flush()
                changeEpoch(of: stream, to: publication)
            }
            let expected = (fresh.last?.offset ?? stream.top) + 1
            guard publication.offset >= expected else {
                stream.figures.duplicates += 1
                continue
            }
            if publication.offset > expected {
                // A hole: whoever is live reads it from the history, or hears of the gap.
                flush()
                for consumer in readers(of: stream) where consumer.isLive { fallBehind(consumer, at: stream.top) }
                stream.skip(through: publication.offset - 1)
            }
            fresh.append(publication)
        }
        flush()
        wakeReadersBehind(on: stream)
    }

    /// Everybody in a group: whoever has spoken.
    func readers(of stream: TenantStream) -> [Consumer] { stream.groups.values.flatMap(\.members) }

    private func fanOut(_ fresh: [Publication], on stream: TenantStream) {
        guard !fresh.isEmpty else { return }
        let before = stream.top
        var names: EventSet = []
        for publication in fresh {
            stream.append(publication)
            names.insert(EventSet(publication.name))
        }
        for name in names.names { stream.trim(name, configuration, at: .now()) }
        stream.figures.volume.published += UInt64(fresh.count)
        filters.beginTurn(count: fresh.count)
        var batches: [Batch] = []
        for group in stream.groups.values {
            var wanted: UInt64 = 0
            for (position, publication) in fresh.enumerated() {
                let passes = { (entry: FilterEntry) in self.filters.passes(entry, publication, at: position) }
                if group.wants(publication, passes: passes) { wanted |= 1 << UInt64(position) }
            }
            guard wanted != 0 else { continue }
            let batch = self.batch(wanted, of: fresh, for: group.key.transport, &batches)
            write(batch, to: group, of: stream, before: before, fresh)
        }
    }

    /// What several groups want alike, as bytes: one buffer for all their connections.
    private struct Batch {
        let wanted: UInt64
        let transport: Transport
        let bytes: ByteBuffer
        let count: Int
    }

    private func batch(
        _ wanted: UInt64, of fresh: [Publication], for transport: Transport, _ batches: inout [Batch]
    ) -> Batch {
        if let known = batches.first(where: { $0.wanted == wanted && $0.transport == transport }) { return known }
        var size = 0
        for (position, publication) in fresh.enumerated() where wanted & 1 << UInt64(position) != 0 {
            size += transport.size(of: publication)
        }
        var bytes = allocator.buffer(capacity: size)
        for (position, publication) in fresh.enumerated() where wanted & 1 << UInt64(position) != 0 {
            transport.append(publication, to: &bytes)
        }
        let batch = Batch(wanted: wanted, transport: transport, bytes: bytes, count: wanted.nonzeroBitCount)
        // Thousands of distinct wishes in one turn are not worth a longer search than building them.
        if batches.count < 64 { batches.append(batch) }
        return batch
    }

    /// The hot path: per connection one check, one write, one flush; no allocation.
    private func write(
        _ batch: Batch, to group: SubscriptionGroup, of stream: TenantStream, before: UInt64, _ fresh: [Publication]
    ) {
        var reached = 0
        for consumer in group.members {
            guard consumer.catchUp == nil else { continue }
            guard let sink = consumer.sink, sink.isWritable else {
                fallBehind(consumer, at: before)
                continue
            }
            consumer.messagesOut += UInt64(batch.count)
            consumer.bytesOut += UInt64(batch.bytes.readableBytes)
            sink.write(batch.bytes)
            reached += 1
        }
        guard reached > 0 else { return }
        let deliveries = UInt64(reached * batch.count)
        stream.figures.volume.delivered += deliveries
        stream.figures.messagesSent += deliveries
        stream.figures.volume.bytesOut += UInt64(reached * batch.bytes.readableBytes)
        let now = NIODeadline.now()
        for (position, publication) in fresh.enumerated() where batch.wanted & 1 << UInt64(position) != 0 {
            stream.figures.publishToFlush.record((now - publication.publishedAt).nanoseconds, times: reached)
        }
    }

    // MARK: Where the log stands

    /// The position is known from now on.
    func locate(_ stream: TenantStream, epoch: String, offset: UInt64) {
        stream.begin(epoch: epoch, offset: offset)
        let waiting = stream.waiting
        stream.waiting = []
        for proceed in waiting { proceed(true) }
    }

    private func changeEpoch(of stream: TenantStream, to publication: Publication) {
        stream.begin(epoch: publication.epoch, offset: publication.offset - min(1, publication.offset))
        let text = ServerMessage.reset(stream.position, reason: "epoch_changed")
        for consumer in readers(of: stream) {
            // The old log's backlog means nothing any more.
            consumer.catchUp = nil
            watchIfNeeded(consumer)
            consumer.send(text)
        }
    }

    private func erase(_ erasure: ShardMailbox.Erasure, on stream: TenantStream) {
        switch erasure {
        case .subject(let subject): stream.erase { $0.subject == subject }
        case .offsets(let offsets): stream.erase { offsets.contains($0.offset) }
        }
        // Pages read before the erasure are read again.
        for consumer in watched where consumer.stream === stream { consumer.catchUp?.page = [] }
    }
}
