import Learning
import Testing

@testable import Training

struct RowSplitTests {
    private static let labels = (0..<1_000).map { $0 % 10 == 0 }
    private static let distinct: [[Int32]] = [(0..<1_000).map(Int32.init)]

    @Test func `the hold-out has the share of each class and repeats with the seed`() {
        let split = RowSplit(codes: Self.distinct, labels: Self.labels, seed: 4)
        let held = split.stratifiedHoldout(share: 0.2)
        #expect(held.count == 200 && held.count { Self.labels[$0] } == 20)
        #expect(held == held.sorted() && Set(held).count == 200)
        #expect(RowSplit(codes: Self.distinct, labels: Self.labels, seed: 4).stratifiedHoldout(share: 0.2) == held)
        #expect(RowSplit(codes: Self.distinct, labels: Self.labels, seed: 5).stratifiedHoldout(share: 0.2) != held)
    }

    @Test func `folds share both classes evenly`() {
        let rows = Array(stride(from: 0, to: 1_000, by: 2))
        let folds = RowSplit(codes: Self.distinct, labels: Self.labels, seed: 4).stratifiedFolds(of: rows, count: 5)
        for fold in 0..<5 {
            let members = rows.indices.filter { folds[$0] == fold }
            #expect(members.count == 100 && members.count { Self.labels[rows[$0]] } == 20)
        }
    }

    @Test func `rows with the same inputs are never parted`() {
        let twins = (0..<1_000).map { Int32($0 / 2) }
        let split = RowSplit(codes: [twins], labels: Self.labels, seed: 4)
        let held = Set(split.stratifiedHoldout(share: 0.2))
        #expect(stride(from: 0, to: 1_000, by: 2).allSatisfy { held.contains($0) == held.contains($0 + 1) })
        let folds = split.stratifiedFolds(of: Array(0..<1_000), count: 5)
        #expect(stride(from: 0, to: 1_000, by: 2).allSatisfy { folds[$0] == folds[$0 + 1] })
    }

    @Test func `where most rows repeat others, equal inputs are no copies`() {
        let coarse = (0..<1_000).map { Int32($0 % 4) }
        let held = RowSplit(codes: [coarse], labels: Self.labels, seed: 4).stratifiedHoldout(share: 0.2)
        #expect(held.count == 200)
    }

    @Test func `the newest rows are held out by time, and folds are stretches of it`() {
        let times = (0..<100).map { Double(($0 * 37) % 100) }
        let held = RowSplit.newestHoldout(times: times, share: 0.2)
        #expect(held.count == 20 && held.allSatisfy { times[$0] >= 80 })
        let rows = Array(0..<80)
        let folds = RowSplit.timeFolds(of: rows, times: times, count: 4)
        for (one, other) in zip(rows, rows.dropFirst()) where times[one] < times[other] {
            #expect(folds[one] <= folds[other])
        }
    }
}
