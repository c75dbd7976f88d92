import Learning
import Testing

@testable import Reporting

struct ImpactTests {
    private static func impact(_ groups: [(name: String, rows: Int, hot: Int)]) -> ImpactTable {
        var column = SliceColumn(name: "group")
        var isHot: [Bool] = []
        for group in groups {
            for row in 0..<group.rows {
                column.append(group.name)
                isHot.append(row < group.hot)
            }
        }
        return ImpactTable(
            column, isModelInput: false, isHot: isHot, probabilities: isHot.map { $0 ? 0.4 : 0.1 },
            labels: isHot.indices.map { $0 % 5 == 0 })
    }

    @Test func `every group is compared with the one that is hot most often`() throws {
        let impact = Self.impact([
            ("a", 400, 100), ("b", 300, 66), ("c", 300, 30), ("d", 40, 7), ("e", 20, 0), ("", 50, 9),
        ])
        let verdicts = impact.entries.map(\.verdict)
        #expect(impact.entries.map(\.name) == ["a", "b", "c", "d", "e", SliceColumn.notStated])
        #expect(
            verdicts == [.best, .withinFourFifths, .belowFourFifths, .belowPerhapsChance, .tooFew, .notCompared])
        let third = impact.entries[2]
        #expect(abs((third.table?.ratio ?? 0) - 0.4) < 1e-12)
        #expect(try #require(third.table?.ratioInterval).contains(0.4) && third.fisherP ?? 1 < 1e-6)
        #expect(third.selectionRate == 0.1 && third.calibration.count == 300)
        // A group too small for a verdict still shows what was seen.
        #expect(impact.entries[4].table?.ratio == 0 && impact.shown.map(\.name) == ["c"])
    }

    @Test func `one group alone, or only small ones, tell nothing`() {
        #expect(Self.impact([("a", 400, 100), ("b", 29, 0)]).entries.map(\.verdict) == [.notCompared, .tooFew])
        #expect(Self.impact([("a", 10, 5), ("b", 9, 0)]).entries.allSatisfy { $0.verdict == .tooFew })
    }

    @Test func `a group that nobody of is hot has a ratio of nothing`() {
        let none = Self.impact([("a", 100, 0), ("b", 100, 0)])
        #expect(none.entries.map(\.verdict) == [.best, .withinFourFifths])
        #expect(none.entries[1].table?.ratio == nil && none.entries[1].fisherP == 1)
    }

    @Test func `many values are bounded, the rare ones put together`() {
        var column = SliceColumn(name: "c")
        for row in 0..<3_000 { column.append(row % 2 == 0 ? "common" : "v\(row)") }
        let slices = column.slices(limit: 10, byName: false)
        #expect(slices.count == 11 && slices[0].name == "common" && slices[0].rows.count == 1_500)
        #expect(slices[10].name == SliceColumn.otherValues && !slices[10].isNamed)
        #expect(slices.reduce(0) { $0 + $1.rows.count } == 3_000)
    }
}
