import Learning
import Testing

@testable import Training

/// The sketches and samples of an examination: exact while they can be, within their stated error beyond.
struct SketchTests {
    private func inserted(_ values: some Sequence<Int>, capacity: Int) -> DistinctSketch {
        var sketch = DistinctSketch(capacity: capacity)
        for value in values { sketch.insert(StableHash.mixed(UInt64(value))) }
        return sketch
    }

    @Test(arguments: [0, 1, 7, 255, 256]) func `up to its capacity a sketch is exact`(count: Int) {
        let sketch = inserted((0..<count * 3).map { $0 % max(1, count) }, capacity: 256)
        #expect(sketch.isExact && sketch.distinct == count && sketch.repeated == count * 2)
    }

    @Test(arguments: [10_000, 50_000, 300_000])
    func `beyond its capacity it stays within four standard errors`(count: Int) {
        let sketch = inserted(0..<count, capacity: 4_096)
        #expect(!sketch.isExact)
        #expect(abs(Double(sketch.distinct) / Double(count) - 1) < 4 * 1.2 / 64)
        #expect(sketch.repeated == 0)
    }

    @Test func `repeated things are counted beyond the capacity too`() {
        // Every tenth of 200,000 comes twice.
        let sketch = inserted((0..<200_000).flatMap { $0 % 10 == 0 ? [$0, $0] : [$0] }, capacity: 8_192)
        #expect(abs(Double(sketch.repeated) - 20_000) < 4_000)
    }

    @Test func `a hash of zero counts like any other`() {
        var sketch = DistinctSketch(capacity: 4)
        sketch.insert(0)
        #expect(sketch.distinct == 1)
        let hadGoneBy = sketch.insert(0)
        #expect(hadGoneBy && sketch.distinct == 1 && sketch.repeated == 1)
    }

    private func sample(rows: Int, bytes: Int = 10, maximumRows: Int, maximumCost: Int = .max) -> RowSample {
        var sample = RowSample(maximumRows: maximumRows, maximumCost: maximumCost)
        for number in 1...rows {
            sample.offer(
                Array(repeating: 0x61, count: bytes), number: number, line: number + 1, labelCode: 1, cellCount: 2)
        }
        return sample
    }

    @Test func `a sample holds all rows while they fit, and between half and all of its room beyond`() {
        #expect(sample(rows: 1_000, maximumRows: 1_000).rows.count == 1_000)
        #expect(sample(rows: 1_000, maximumRows: 1_000).isWhole)
        let long = sample(rows: 50_000, maximumRows: 1_000)
        #expect(!long.isWhole && (400...1_000).contains(long.rows.count))
        // Even over the file: each quarter of it holds about a quarter of the sample.
        for quarter in 0..<4 {
            let share = long.rows.count { ($0.number - 1) * 4 / 50_000 == quarter }
            #expect(abs(Double(share) / Double(long.rows.count) - 0.25) < 0.08)
        }
    }

    @Test func `long rows make a smaller sample, a single huge one still a sample`() {
        let long = sample(rows: 1_000, bytes: 10_000, maximumRows: 100_000, maximumCost: 1_000_000)
        #expect((20...100).contains(long.rows.count))
        #expect(sample(rows: 1, bytes: 10_000, maximumRows: 10, maximumCost: 100).rows.count == 1)
    }

    @Test func `missing cells and space around cells are told from bytes as from text`() {
        let cells = [
            "", " ", "NA", " n/a\t", "nan", "null", "None", "?", "-", "unknown", "0", "NAN", "naN ", "\u{E9}", "#N/A",
        ]
        for text in cells {
            let trimmed = CellText.trimmed(text)
            let bytes = Array(text.utf8)
            bytes.withUnsafeBufferPointer { buffer in
                let bounds = CellBounds(start: 0, end: bytes.count, hasDoubledQuotes: false)
                let cell = CellBytes.trimmed(buffer, bounds)
                #expect(cell.elementsEqual(trimmed.utf8))
                #expect(CellBytes.isMissing(cell) == MissingSpelling.isMissing(trimmed), "\(text)")
            }
        }
    }
}
