import Synchronization
import Testing

@testable import Scoring

struct SideBySideTests {
    @Test(arguments: [0, 1, 7, 8, 16, 17, 100, 1_001])
    func `what comes out stands in the order of what went in`(count: Int) async {
        let items = Array(0..<count)
        let stretches = Mutex<[Range<Int>]>([])
        let values = await SideBySide.map(items) { stretch in
            stretches.withLock { $0.append(stretch.indices) }
            return stretch.map { $0 * 2 }
        }
        #expect(values == items.map { $0 * 2 })
        // Each item once, and no stretch that is not worth a task beside others.
        let sorted = stretches.withLock { $0.sorted { $0.lowerBound < $1.lowerBound } }
        #expect(sorted.reduce(0) { $0 + $1.count } == count)
        #expect(sorted.count == 1 || sorted.allSatisfy { $0.count >= 8 })
    }
}
