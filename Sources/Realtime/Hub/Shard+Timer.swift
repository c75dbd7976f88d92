import NIOCore

extension Shard {
    /// How long before the end of a token its owner is told.
    static let expiryWarning: Int64 = 60_000

    /// Once a second: figures, this second's heartbeats, and whoever is late with something.
    func tick() {
        seconds += 1
        recentPages = [:]
        for stream in streams.values {
            stream.figures.sample()
            for name in EventName.allCases { stream.trim(name, configuration, at: .now()) }
        }
        boundHistory()
        heartbeat(beating(inSlot: seconds))
        let period = configuration.heartbeatSeconds
        for consumer in beating(inSlot: seconds + period - configuration.pongSeconds) { checkPong(consumer) }
        checkTokens()
        checkWatched()
    }

    private func boundHistory() {
        while streams.values.reduce(0, { $0 + $1.historyBytes }) > maximumHistoryBytes {
            streams.values.max { $0.historyBytes < $1.historyBytes }?.evictHalfOfLargestRing()
        }
    }

    // MARK: Signs of life

    private func heartbeat(_ consumers: [Consumer]) {
        guard !consumers.isEmpty else { return }
        let now = loop.now
        var pings: [Transport: ByteBuffer] = [:]
        var beats: [Beat: ByteBuffer] = [:]
        for consumer in consumers {
            checkPartial(consumer, now)
            // A reader that takes nothing is judged by its stall, not by a ping that it could not get.
            guard let sink = consumer.sink, sink.isWritable else { continue }
            let transport = sink.transport
            if transport.answersPings { consumer.lastPing = now }
            let stream = consumer.stream
            // Only a live reader may be told that it has everything.
            guard consumer.group != nil, consumer.isLive, stream.isKnown else {
                let ping = pings[transport] ?? ping(on: transport, now)
                pings[transport] = ping
                consumer.send(ping, messages: 0)
                continue
            }
            let key = Beat(tenant: stream.tenant, transport: transport)
            let beat = beats[key] ?? beatAndPing(stream, on: transport, now)
            beats[key] = beat
            stream.figures.messagesSent += 1
            stream.figures.volume.bytesOut += UInt64(beat.readableBytes)
            consumer.send(beat, messages: 1)
        }
    }

    /// What everybody of a tenant and transport is told alike.
    private struct Beat: Hashable {
        var tenant: String
        var transport: Transport
    }

    private func ping(on transport: Transport, _ now: NIODeadline) -> ByteBuffer {
        var buffer = allocator.buffer(capacity: 16)
        transport.appendPing(now.uptimeNanoseconds, to: &buffer)
        return buffer
    }

    private func beatAndPing(_ stream: TenantStream, on transport: Transport, _ now: NIODeadline) -> ByteBuffer {
        var buffer = allocator.buffer(capacity: 256)
        transport.append(ServerMessage.heartbeat(stream.position, at: configuration.wallClock()), to: &buffer)
        if transport.answersPings { transport.appendPing(now.uptimeNanoseconds, to: &buffer) }
        return buffer
    }

    /// Any byte since the ping counts as an answer.
    private func checkPong(_ consumer: Consumer) {
        checkPartial(consumer, loop.now)
        // Behind what it has to take first the ping may not have come yet: its stall and its lag are judged instead.
        guard consumer.catchUp == nil, consumer.unwritableSince == nil, let ping = consumer.lastPing,
            consumer.lastInbound < ping
        else { return }
        consumer.close(.pingTimeout)
        consumer.abort()
    }

    /// A message that was begun and never ends holds memory and looks alive.
    private func checkPartial(_ consumer: Consumer, _ now: NIODeadline) {
        guard consumer.sink?.isInsideMessage == true else {
            consumer.partial = nil
            return
        }
        guard let partial = consumer.partial, partial.messages == consumer.messagesIn else {
            consumer.partial = (consumer.messagesIn, now)
            return
        }
        if now - partial.since >= configuration.messageTimeout { consumer.close(.messageTimeout) }
    }

    // MARK: Tokens

    private func checkTokens() {
        guard !expiring.isEmpty else { return }
        let now = configuration.wallClock()
        for consumer in expiring {
            guard let end = consumer.principal.expiresAt else { continue }
            if now >= end + configuration.tokenGrace.nanoseconds / 1_000_000 {
                consumer.close(.tokenExpired)
            } else if now >= end - Self.expiryWarning, !consumer.hasWarnedOfExpiry, consumer.group != nil {
                // A reader that has not spoken yet hears of it when it has.
                consumer.hasWarnedOfExpiry = true
                consumer.send(ServerMessage.tokenExpiring(milliseconds: max(0, end - now)))
            }
        }
    }

    // MARK: Slow consumers

    private func checkWatched() {
        guard !watched.isEmpty else { return }
        let now = loop.now
        var buffered: [(consumer: Consumer, bytes: Int)] = []
        var total = 0
        for consumer in watched {
            if let since = consumer.unwritableSince, now - since > configuration.maximumStall {
                drop(consumer, .slowConsumer)
                continue
            }
            if let state = consumer.catchUp {
                if !state.isReplay, now - state.startedAt > configuration.maximumLag {
                    drop(consumer, .slowConsumer)
                    continue
                }
                giveUpWaiting(consumer, state, now)
            }
            let bytes = consumer.sink?.bufferedBytes ?? 0
            total += bytes
            buffered.append((consumer, bytes))
        }
        guard total > maximumBufferedBytes else { return }
        // The worst first, until the rest fits.
        for (consumer, bytes) in buffered.sorted(by: { $0.bytes > $1.bytes }) {
            guard total > maximumBufferedBytes else { break }
            drop(consumer, .overloaded)
            total -= bytes
        }
    }

    /// A close frame would stand behind everything that the reader doesn't take, so the wait for it is short.
    private func drop(_ consumer: Consumer, _ code: CloseCode) {
        consumer.stream.figures.slowCloses += 1
        consumer.close(code, deadline: .seconds(1))
    }

    /// A reader that claims a higher offset than we have came from another log, however equal its name.
    private func giveUpWaiting(_ consumer: Consumer, _ state: CatchUp, _ now: NIODeadline) {
        let stream = consumer.stream
        guard now - state.startedAt > Self.aheadTime, state.cursor >= stream.top,
            EventName.allCases.contains(where: { state.floors[$0.index] > stream.top })
        else { return }
        consumer.catchUp = nil
        watchIfNeeded(consumer)
        consumer.send(ServerMessage.reset(stream.position, reason: "unknown_offset"))
    }
}
