import Testing

@testable import Reporting

struct FisherTests {
    static let exact: [([Int], Double)] = [
        ([3, 17, 9, 11], 0.08235877701951116), ([1257, 5947, 864, 2543], 8.07466598166538e-21),
        ([0, 40, 12, 88], 0.019218093426146426), ([5, 5, 5, 5], 1), ([1, 0, 0, 1], 1),
        ([30, 70, 28, 72], 0.8762619426970188), ([7, 12, 0, 5], 0.272068511198946),
        ([200, 300, 300, 200], 3.3526116319717367e-10),
    ]

    /// scipy 1.17.1: `fisher_exact([[a, b], [c, d]])`, two-sided.
    @Test(arguments: FisherTests.exact)
    func `the exact test is scipy's`(cells: [Int], expected: Double) {
        let table = TwoByTwo(
            chosen: cells[0], others: cells[1], chosenElsewhere: cells[2], othersElsewhere: cells[3])
        #expect(abs(table.fisherP - expected) <= 1e-9 * max(expected, 1e-12), "\(table.fisherP)")
        // Which group stands first changes nothing.
        let turned = TwoByTwo(
            chosen: cells[2], others: cells[3], chosenElsewhere: cells[0], othersElsewhere: cells[1])
        #expect(abs(turned.fisherP - table.fisherP) <= 1e-9 * expected)
    }

    /// scipy 1.17.1: `relative_risk(a, a + b, c, c + d).confidence_interval(0.9)`.
    @Test(arguments: [
        ([3, 17, 9, 11], 0.12694938171662454, 0.8752394821357421),
        ([1257, 5947, 864, 2543], 0.6453030168844754, 0.733628566373834),
        ([30, 70, 28, 72], 0.744317283838731, 1.5422981685350656),
    ])
    func `the ratio's interval is scipy's`(cells: [Int], lower: Double, upper: Double) throws {
        let table = TwoByTwo(
            chosen: cells[0], others: cells[1], chosenElsewhere: cells[2], othersElsewhere: cells[3])
        let interval = try #require(table.ratioInterval)
        #expect(abs(interval.lowerBound - lower) < 1e-9 && abs(interval.upperBound - upper) < 1e-9)
    }

    /// By hand in Python, one half added to each cell.
    @Test func `an empty cell has an interval too`() throws {
        let table = TwoByTwo(chosen: 0, others: 40, chosenElsewhere: 12, othersElsewhere: 88)
        let interval = try #require(table.ratioInterval)
        #expect(table.ratio == 0)
        #expect(
            abs(interval.lowerBound - 0.00937289603037155) < 1e-9
                && abs(interval.upperBound - 1.0359080719662344) < 1e-9)
        #expect(TwoByTwo(chosen: 0, others: 0, chosenElsewhere: 1, othersElsewhere: 1).ratio == nil)
    }

    @Test func `a million rows take no time and no overflow`() {
        let table = TwoByTwo(
            chosen: 100_000, others: 400_000, chosenElsewhere: 100_300, othersElsewhere: 399_700)
        #expect(table.fisherP > 0.4 && table.fisherP < 0.6)
    }
}
