import Leads
import Learning
import Logging
import Scoring
import Testing

@testable import LeadwireServer

/// When it is time to learn again. The training itself is `tests-live/test_retraining.py`'s, with the real process.
@Suite struct RetrainingTests {
    private let now = Timestamp(milliseconds: 1_700_000_000_000)

    private func ago(_ hours: Int64) -> Timestamp { now.advanced(by: .seconds(-3_600 * hours)) }

    private func mark(_ outcomes: Int, hoursAgo: Int64, busyFor: Duration = .zero) -> TrainingMark {
        let start = ago(hoursAgo)
        return TrainingMark(outcomes: outcomes, startedAt: start, busyUntil: start.advanced(by: busyFor))
    }

    @Test func `a first model waits for fifty of each`() {
        let settings = LearningSettings()
        #expect(!settings.isDue(nil, won: 49, other: 500, at: now))
        #expect(!settings.isDue(nil, won: 500, other: 49, at: now))
        #expect(settings.isDue(nil, won: 50, other: 50, at: now))
    }

    @Test func `it is time again after enough new outcomes, or after a day with any`() {
        let settings = LearningSettings()
        #expect(!settings.isDue(mark(100, hoursAgo: 3), won: 60, other: 89, at: now))
        #expect(settings.isDue(mark(100, hoursAgo: 3), won: 60, other: 90, at: now))
        #expect(!settings.isDue(mark(100, hoursAgo: 25), won: 50, other: 50, at: now))
        #expect(settings.isDue(mark(100, hoursAgo: 25), won: 50, other: 51, at: now))
    }

    @Test func `nobody trains while another does, nor at once after one that began`() {
        let settings = LearningSettings()
        let busy = mark(0, hoursAgo: 1, busyFor: .seconds(2 * 3_600))
        #expect(!settings.isDue(busy, won: 500, other: 500, at: now))
        #expect(!settings.isDue(mark(0, hoursAgo: 0), won: 500, other: 500, at: now))
        // One whose node died is given up when its time is over.
        let dead = mark(0, hoursAgo: 3, busyFor: .seconds(2 * 3_600))
        #expect(settings.isDue(dead, won: 500, other: 500, at: now))
    }

    @Test func `what is switched off is never due`() {
        var settings = LearningSettings()
        settings.afterOutcomes = 0
        #expect(!settings.isDue(mark(0, hoursAgo: 3), won: 500, other: 500, at: now))
        #expect(settings.isDue(mark(0, hoursAgo: 25), won: 500, other: 500, at: now))
        settings.every = nil
        #expect(!settings.isDue(nil, won: 500, other: 500, at: now))
        #expect(!settings.isDue(mark(0, hoursAgo: 250), won: 500, other: 500, at: now))
    }
}
