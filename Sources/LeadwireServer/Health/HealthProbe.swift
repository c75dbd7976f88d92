import NIOConcurrencyHelpers
import Scoring

/// How one part answered when it was last asked.
struct PartHealth: Sendable, Hashable {
    enum Status: String, Sendable { case available, degraded, unavailable }

    var status: Status
    var latencyMilliseconds: Double?
    /// The class of the error that it answered with; never its text.
    var error: String?
    /// The class of its last error since the start, however long ago.
    var lastError: String?
    var lastErrorAt: ContinuousClock.Instant?

    /// This part as far as it also depends on another that has no line of its own: what is worse counts, the time stays.
    func including(_ other: PartHealth) -> PartHealth {
        var merged = self
        if status != .unavailable, other.status == .unavailable {
            merged.status = .unavailable
            merged.error = other.error
        }
        if let later = other.lastErrorAt, lastErrorAt.map({ $0 < later }) ?? true {
            merged.lastError = other.lastError
            merged.lastErrorAt = later
        }
        return merged
    }
}

/// Asks one part, with a deadline that holds even if the part never answers.
///
/// Who asks while a question is under way gets its answer too, or a deadline of its own. A question that has outlived
/// its deadline may hang for long on something that has broken for good, so the next to ask puts it again; so many at most.
final class HealthProbe: Sendable {
    /// Returns a word for what is not as it should be, or nil; throws when the part can't do its work.
    typealias Question = @Sendable () async throws -> String?

    private struct Waiter {
        /// The newest question when it came.
        var question: Int
        var continuation: CheckedContinuation<PartHealth, Never>
    }

    private struct State {
        var questions = 0
        /// The number of the newest one.
        var newest = 0
        var newestSince: ContinuousClock.Instant?
        var nextTicket = 0
        /// Who waits for an answer; each leaves with the first that comes or at its own deadline.
        var waiting: [Int: Waiter] = [:]
        var lastError: String?
        var lastErrorAt: ContinuousClock.Instant?
    }

    private static let maximumQuestions = 12

    private let deadline: Duration
    private let slowAfter: Duration
    private let question: Question
    private let state = NIOLockedValueBox(State())

    /// - Parameters:
    ///   - deadline: a part that has not answered by then is unavailable.
    ///   - slowAfter: a part that answers well but later than this is degraded, by the word `slow`.
    ///   - question: asks the part.
    init(deadline: Duration, slowAfter: Duration = .seconds(3_600), _ question: @escaping Question) {
        self.deadline = deadline
        self.slowAfter = slowAfter
        self.question = question
    }

    /// Who waits for an answer now.
    var waiting: Int { state.withLockedValue { $0.waiting.count } }

    func ask() async -> PartHealth {
        await withCheckedContinuation { continuation in
            let (ticket, question) = enter(continuation)
            if let question {
                // Not a child of this task: a part that ignores cancellation would hold the answer beyond its deadline.
                Task { [self] in
                    let health = await answer(since: .now)
                    for waiting in leave(question, health) { waiting.resume(returning: noting(health)) }
                }
            }
            // The deadline of this caller, whatever becomes of the question.
            Task { [self] in
                try? await Task.sleep(for: deadline)
                guard let waiting = leave(ticket) else { return }
                let late = PartHealth(
                    status: .unavailable, latencyMilliseconds: deadline.inMilliseconds,
                    error: HealthWord.deadline.rawValue)
                waiting.resume(returning: noting(late))
            }
        }
    }

    private func answer(since started: ContinuousClock.Instant) async -> PartHealth {
        let finding: Result<String?, any Error>
        do {
            finding = .success(try await question())
        } catch {
            finding = .failure(error)
        }
        let time = started.duration(to: .now)
        var health = PartHealth(status: .available, latencyMilliseconds: time.inMilliseconds)
        switch finding {
        case .success(nil) where time <= slowAfter: break
        case .success(let word):
            health.status = .degraded
            health.error = word ?? HealthWord.slow.rawValue
        case .failure(let error):
            health.status = .unavailable
            health.error = Self.name(of: error)
        }
        return health
    }

    /// - Returns: the number of the question that must be put for it, if one must.
    private func enter(_ continuation: CheckedContinuation<PartHealth, Never>) -> (ticket: Int, question: Int?) {
        state.withLockedValue { state in
            let ticket = state.nextTicket
            state.nextTicket += 1
            let now = ContinuousClock.now
            let isAsked = state.newestSince.map { $0.duration(to: now) < deadline } ?? false
            let mustPut = state.questions == 0 || !isAsked && state.questions < Self.maximumQuestions
            if mustPut {
                state.questions += 1
                state.newest += 1
                state.newestSince = now
            }
            state.waiting[ticket] = Waiter(question: state.newest, continuation: continuation)
            return (ticket, mustPut ? state.newest : nil)
        }
    }

    private func leave(_ ticket: Int) -> CheckedContinuation<PartHealth, Never>? {
        state.withLockedValue { $0.waiting.removeValue(forKey: ticket)?.continuation }
    }

    /// Who waits for this question's answer. That a part works is good news for everybody; that an old question failed in
    /// the end says nothing to those who put a newer one.
    private func leave(_ question: Int, _ health: PartHealth) -> [CheckedContinuation<PartHealth, Never>] {
        state.withLockedValue { state in
            state.questions -= 1
            // Questions that hang are not worth joining any more.
            if health.status != .unavailable { state.newestSince = nil }
            let leaving = state.waiting.filter { health.status != .unavailable || $0.value.question <= question }
            for ticket in leaving.keys { state.waiting[ticket] = nil }
            return leaving.values.map(\.continuation)
        }
    }

    /// The answer with the class of the part's last error, this one included.
    private func noting(_ health: PartHealth) -> PartHealth {
        state.withLockedValue { state in
            if let error = health.error {
                state.lastError = error
                state.lastErrorAt = .now
            }
            var health = health
            health.lastError = state.lastError
            health.lastErrorAt = state.lastErrorAt
            return health
        }
    }

    private static func name(of error: any Error) -> String {
        (error as? any HealthErrorClass)?.healthClass ?? "\(type(of: error))"
    }
}

/// Words of health's own; a store's are `store_` and its code or reason.
enum HealthWord: String, Sendable, CaseIterable, Error, HealthErrorClass {
    /// No answer in time.
    case deadline
    /// It answered, but late.
    case slow
    /// The model's fixed row does not give the bits that it gave when it was loaded.
    case selfTestFailed = "self_test_failed"
    /// Many committed events have not reached the hub.
    case notDelivered = "not_delivered"

    var healthClass: String { rawValue }
}
