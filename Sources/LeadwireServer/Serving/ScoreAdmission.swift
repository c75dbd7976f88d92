import Synchronization

/// How much scoring may be in flight. What is over it is refused at once with 503 and `Retry-After`, before its JSON is
/// read, instead of making everybody wait: by Little's law the time of an accepted score is the places divided by the
/// scores that the machine finishes in a second, whatever is offered.
///
/// Why a fixed number and not one that follows the latency: the group commit makes throughput grow with what is in flight
/// up to some dozens and then no more, so the number that is enough is known; and a number that follows the latency
/// shrinks when a remote database is merely far away, which more in flight would make up for.
///
/// A body takes a place for each so many bytes of it, for that is what it costs to read and to score. The NDJSON stream
/// is not refused in its middle; its windows take turns instead, and its client is held back.
final class ScoreAdmission: Sendable {
    /// Bytes of body a place: one lead with its conversation; leads side by side; rows that are features already.
    enum Kind: Int, Sendable {
        case lead = 4_096
        case batch = 1_024
        case rows = 16_384

        func places(bytes: Int) -> Int { 1 + bytes / rawValue }
    }

    struct Reading: Sendable, Hashable {
        var inFlight: Int
        /// Since the start.
        var refused: Int
        var streams: Int
    }

    private struct State {
        var inFlight = 0
        var refused = 0
        /// When a place was last given back, or the first taken.
        var movedAt: ContinuousClock.Instant
        var streams = 0
        var freeTurns: Int
        var nextTicket: UInt64 = 0
        var waiting: [(ticket: UInt64, caller: CheckedContinuation<Bool, Never>)] = []
    }

    /// NDJSON streams at once; another is refused.
    static let maximumStreams = 64
    /// Places that one window of a stream is worth.
    private static let placesATurn = 32

    /// Without a place given back for so long nothing moves.
    private static let stallsAfter = Duration.milliseconds(250)

    let limit: Int
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state: Mutex<State>

    init(limit: Int, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        self.limit = max(1, limit)
        self.now = now
        state = Mutex(State(movedAt: now(), freeTurns: max(1, limit / Self.placesATurn)))
    }

    var reading: Reading {
        state.withLock { Reading(inFlight: $0.inFlight, refused: $0.refused, streams: $0.streams) }
    }

    /// Whether there is no place at all, and what holds them moves: then nothing can be done for another request. Counts
    /// one as refused if so.
    func shedsNow() -> Bool {
        state.withLock { state in
            guard state.inFlight >= limit, state.movedAt.duration(to: now()) <= Self.stallsAfter else { return false }
            state.refused += 1
            return true
        }
    }

    /// Runs the work in its places, or refuses it.
    ///
    /// - Parameters:
    ///   - kind: what a place is measured by.
    ///   - bytes: of the body.
    ///   - work: what needs the places.
    ///   - whenStalled: what may be tried without a place while what holds them all does not move: that is a store which
    ///     hangs and no lack of speed. Nil is a refusal too.
    /// - Returns: what the work made.
    /// - Throws: 503 `overloaded`, and what the work throws.
    func run<Value>(
        _ kind: Kind, bytes: Int, _ work: () async throws -> Value,
        whenStalled: () async throws -> Value? = { nil }
    ) async throws -> Value {
        let places = max(1, min(limit / 2, kind.places(bytes: bytes)))
        guard take(places) else {
            if isStalled, let value = try await whenStalled() { return value }
            state.withLock { $0.refused += 1 }
            throw Self.refusal
        }
        defer { giveBack(places) }
        return try await work()
    }

    /// - Returns: false if there is no room for them; otherwise they must be given back.
    func take(_ places: Int) -> Bool {
        state.withLock { state in
            guard state.inFlight + places <= limit else { return false }
            // Nobody waited for a place while all were free.
            if state.inFlight == 0 { state.movedAt = now() }
            state.inFlight += places
            return true
        }
    }

    func giveBack(_ places: Int) {
        state.withLock { state in
            state.inFlight -= places
            state.movedAt = now()
        }
    }

    private var isStalled: Bool { state.withLock { $0.movedAt.duration(to: now()) > Self.stallsAfter } }

    static var refusal: APIError {
        APIError(.overloaded, "more scores are in flight than this server finishes in good time")
    }

    // MARK: Streams

    /// Asked before the head of the answer is sent, entered when its body begins: a few more may come in between.
    var hasRoomForStream: Bool {
        state.withLock { state in
            if state.streams >= Self.maximumStreams { state.refused += 1 }
            return state.streams < Self.maximumStreams
        }
    }

    /// For as long as one NDJSON stream lasts.
    func enterStream() { state.withLock { $0.streams += 1 } }

    /// That have not got their turn yet.
    var waitingWindows: Int { state.withLock { $0.waiting.count } }

    func leaveStream() { state.withLock { $0.streams -= 1 } }

    /// Runs one window when it is its turn, first come first served.
    ///
    /// - Throws: `CancellationError` when the caller goes away while it waits.
    func takeTurn<Value>(_ work: () async throws -> Value) async throws -> Value {
        guard await beginTurn() else { throw CancellationError() }
        defer { endTurn() }
        return try await work()
    }

    private func beginTurn() async -> Bool {
        let ticket = state.withLock { state in
            state.nextTicket += 1
            return state.nextTicket
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { caller in
                let immediate: Bool? = state.withLock { state in
                    // Inside the lock: a cancellation either shows here or finds the caller below.
                    if Task.isCancelled { return false }
                    guard state.freeTurns == 0 else {
                        state.freeTurns -= 1
                        return true
                    }
                    state.waiting.append((ticket, caller))
                    return nil
                }
                if let immediate { caller.resume(returning: immediate) }
            }
        } onCancel: {
            let caller = state.withLock { state in
                state.waiting.firstIndex { $0.ticket == ticket }.map { state.waiting.remove(at: $0).caller }
            }
            caller?.resume(returning: false)
        }
    }

    private func endTurn() {
        let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst().caller }
            state.freeTurns += 1
            return nil
        }
        next?.resume(returning: true)
    }
}
