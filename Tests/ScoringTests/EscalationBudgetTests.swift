import Leads
import Learning
import TestSupport
import Testing

@testable import Scoring

@Suite struct EscalationBudgetTests {
    private let clock = TestClock()

    private func admissions(_ distances: [Double?], share: Double = 0.2) -> [Bool] {
        let budget = EscalationBudget(share: share)
        return distances.map { budget.admit(distance: $0, tenant: .local, at: clock.now) }
    }

    @Test(
        arguments: [
            ([0.5], [true]),
            // One of five is the budget, rounded up: the sixth lead opens a second place.
            ([0.5, 0.5, 0.5, 0.5, 0.5, 0.4], [true, false, false, false, false, true]),
            // The sixth place goes to nobody who lies further off than two others did.
            ([0.1, 0.2, 0.3, 0.3, 0.3, 0.9], [true, false, false, false, false, false]),
            // Confident leads count for the size of the day.
            ([nil, nil, nil, nil, nil, 0.3, 0.3], [false, false, false, false, false, true, true]),
        ] as [([Double?], [Bool])])
    func `a fifth of the leads, nearest first`(distances: [Double?], admitted: [Bool]) {
        #expect(admissions(distances) == admitted)
    }

    @Test func `over a long day exactly the share is escalated, and it is the nearest`() {
        var random = SplitMix64(seed: 11)
        let budget = EscalationBudget(share: 0.2)
        var admitted: [Double] = []
        var refused: [Double] = []
        for _ in 0..<5_000 {
            let distance = Double(random.index(below: 4_000)) / 1_000
            if budget.admit(distance: distance, tenant: .local, at: clock.now) {
                admitted.append(distance)
            } else {
                refused.append(distance)
            }
            clock.advance(by: .seconds(10))
        }
        #expect(admitted.count <= 1_001)
        #expect(admitted.count > 850)
        // Distances are uniform on 0...4: the nearest fifth lies below 0.8.
        #expect(admitted.filter { $0 < 0.9 }.count > admitted.count * 9 / 10)
        #expect(refused.reduce(0, +) / Double(refused.count) > 2)
    }

    @Test func `a day later the budget is whole again`() {
        let budget = EscalationBudget(share: 0.2)
        #expect(budget.admit(distance: 0.5, tenant: .local, at: clock.now))
        #expect(!budget.admit(distance: 0.5, tenant: .local, at: clock.now))
        clock.advance(by: .seconds(23 * 3_600))
        #expect(!budget.admit(distance: 0.5, tenant: .local, at: clock.now))
        clock.advance(by: .seconds(3_600))
        #expect(budget.admit(distance: 0.4, tenant: .local, at: clock.now))
    }

    @Test func `tenants have budgets of their own`() {
        let budget = EscalationBudget(share: 0.2)
        #expect(budget.admit(distance: 0.5, tenant: Tenant("a"), at: clock.now))
        #expect(budget.admit(distance: 0.5, tenant: Tenant("b"), at: clock.now))
        #expect(!budget.admit(distance: 0.5, tenant: Tenant("a"), at: clock.now))
    }

    @Test func `a share of nothing escalates nobody`() {
        #expect(admissions([0.1, 0.1], share: 0) == [false, false])
        #expect(admissions([0.1, 0.1], share: 1) == [true, true])
    }
}
