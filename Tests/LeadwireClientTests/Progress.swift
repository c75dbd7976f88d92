import NIOConcurrencyHelpers

/// A number that grows, and those who wait for it.
final class Progress: Sendable {
    private struct State {
        var value = 0
        var waiters: [(least: Int, CheckedContinuation<Void, Never>)] = []
    }

    private let state = NIOLockedValueBox(State())

    var value: Int { state.withLockedValue { $0.value } }

    func reach(_ value: Int) {
        let ready = state.withLockedValue { state in
            state.value = max(state.value, value)
            let ready = state.waiters.filter { $0.least <= state.value }
            state.waiters.removeAll { $0.least <= state.value }
            return ready
        }
        for (_, waiter) in ready { waiter.resume() }
    }

    /// Returns once the number is at least this, or the task is cancelled: then everybody who waits goes on.
    func wait(for least: Int) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isThere = state.withLockedValue { state in
                    if state.value < least { state.waiters.append((least, continuation)) }
                    return state.value >= least
                }
                if isThere { continuation.resume() }
            }
        } onCancel: {
            reach(.max)
        }
    }
}

/// Numbers from one seed: splitmix64 (G. Steele, D. Lea, C. Flood, 2014).
struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
