import NIOCore
import Synchronization

/// Commands that went together and the caller who awaits their answers.
///
/// The caller leaves with the answers, at the deadline, or when his task is cancelled, whichever comes first; the
/// exchange stays in its place until the answers came, since they are matched by order.
final class Exchange: Sendable {
    typealias Outcome = Result<[RESPValue], RedisError>

    private enum State {
        case fresh
        case awaited(CheckedContinuation<Outcome, Never>)
        case over(Outcome)
        case left
    }

    /// On the wire.
    let bytes: [UInt8]
    let answerCount: Int
    let deadline: NIODeadline
    private let state = Mutex(State.fresh)

    init(_ commands: [RedisCommand], deadline: NIODeadline) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(commands.reduce(0) { $0 + $1.byteCount })
        for command in commands { command.write(to: &bytes) }
        self.bytes = bytes
        answerCount = commands.count
        self.deadline = deadline
    }

    /// Hands it to `submit` and waits for its end.
    func outcome(submit: (Exchange) -> Void) async -> Outcome {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let outcome: Outcome? = state.withLock { state in
                    if case .over(let outcome) = state {
                        state = .left
                        return outcome
                    }
                    state = .awaited(continuation)
                    return nil
                }
                if let outcome { return continuation.resume(returning: outcome) }
                submit(self)
            }
        } onCancel: {
            finish(.failure(.cancelled))
        }
    }

    /// The first end counts.
    func finish(_ outcome: Outcome) {
        let continuation: CheckedContinuation<Outcome, Never>? = state.withLock { state in
            switch state {
            case .fresh:
                state = .over(outcome)
                return nil
            case .awaited(let continuation):
                state = .left
                return continuation
            case .over, .left: return nil
            }
        }
        continuation?.resume(returning: outcome)
    }

    /// Whether somebody still waits.
    var isAwaited: Bool {
        state.withLock { state in
            switch state {
            case .fresh, .awaited: true
            case .over, .left: false
            }
        }
    }
}
