import NIOCore

/// What each message of the server does to a stream.
extension StreamMachine {
    mutating func take(_ message: ServerMessage, at now: NIODeadline) {
        switch message {
        case .subscribed(let id, let subscription):
            guard state == .subscribing, id == subscribeID else { return }
            subscribed(subscription, at: now)
        case .event(let event): take(event)
        case .erased(let offset):
            guard let epoch = cursor?.epoch else { return }
            advance(to: LeadwirePosition(epoch: epoch, offset: offset))
        case .heartbeat(let position): if isLive { advance(to: position) }
        case .gap(let gap):
            // Not the cursor: events of other names from the same range may still follow, and would be taken for
            // duplicates.
            order(.yield(.gap(gap)))
        case .reset(let reset): take(reset)
        case .tokenExpiring: if isLive { fetchRefresh() }
        case .tokenRefreshed:
            isRefreshing = false
            order(.yield(.state(.tokenRefreshed)))
        case .goingAway(let reconnect, let milliseconds):
            isGoneForGood = !reconnect
            comeBackAfter = milliseconds.map { .milliseconds(Int64(max(0, min($0, 86_400_000)))) }
        case .error(let id, let code, let message, let isRetryable):
            failed(id, code, message, isRetryable, at: now)
        case .other: break
        }
    }

    private var isLive: Bool {
        if case .live = state { true } else { false }
    }

    private mutating func subscribed(_ answer: LeadwireSubscription, at now: NIODeadline) {
        var subscription = answer
        guard !subscription.names.isEmpty else {
            order(.close(1000))
            return end(.nothingGranted(subscription.denied))
        }
        if !hasSince {
            // From now on: everything up to here was not asked for.
            subscription.recovered = nil
            cursor = subscription.position
        }
        becomeLive(at: now)
        order(.yield(.state(.live(subscription))))
    }

    private mutating func take(_ event: LeadwireEvent) {
        // A broadcast to everybody may come before the answer to `subscribe`. To deliver it would move the cursor over
        // what the replay still brings; the replay brings it again.
        guard isLive else { return }
        guard let position = event.position else { return order(.yield(.event(event))) }
        if let cursor, cursor.epoch == position.epoch, position.offset <= cursor.offset {
            duplicates += 1
            return
        }
        advance(to: position)
        order(.yield(.event(event)))
    }

    /// Everything up to here is there. A new epoch that nobody announced is announced here, never passed over.
    private mutating func advance(to position: LeadwirePosition) {
        if let cursor, cursor.epoch != position.epoch {
            let before = LeadwirePosition(epoch: position.epoch, offset: position.offset - min(1, position.offset))
            order(.yield(.reset(LeadwireReset(position: before, reason: "epoch_changed"))))
        } else if let cursor, cursor.offset >= position.offset {
            return
        }
        cursor = position
        violations = 0
    }

    private mutating func take(_ reset: LeadwireReset) {
        guard isLive else { return }
        cursor = reset.position
        violations = 0
        order(.yield(.reset(reset)))
    }

    private mutating func failed(
        _ id: String?, _ code: String, _ message: String, _ isRetryable: Bool, at now: NIODeadline
    ) {
        switch id {
        case subscribeID where state == .subscribing:
            order(.close(1000))
            if isRetryable {
                interrupt(.refused(code: code), at: now)
            } else {
                end(.refused(code: code, message: message))
            }
        case refreshID: refreshFailed(code, at: now)
        default: order(.yield(.state(.serverError(code: code, message: message))))
        }
    }
}
