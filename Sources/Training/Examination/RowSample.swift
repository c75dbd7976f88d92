/// A uniform sample of a table's records, as long a table as may be: all of them while they fit.
///
/// Whether a row is kept depends on its number's hash alone, so the same file gives the same sample. When the sample is full
/// every other row is dropped, and from then on every other one is passed over.
struct RowSample {
    /// Between half of this and all of it are kept of a longer table: what is measured on the sample has at most the error
    /// of 50,000 rows, for an AUC of 0.8 and a tenth of positives about 0.004.
    static let maximumRows = 100_000
    /// Bytes of the records kept, and a flat charge a cell for what is made of them later.
    static let maximumCost = 96 << 20
    private static let costPerCell = 8

    struct Row {
        let number: Int
        let bytes: [UInt8]
        let line: Int
        /// Class of the row's label as its caller numbers them.
        let labelCode: Int
        fileprivate let cost: Int
    }

    private(set) var rows: [Row] = []
    private var cost = 0
    private var rejectedBits: UInt64 = 0
    private let maximumRows: Int
    private let maximumCost: Int

    init(maximumRows: Int = RowSample.maximumRows, maximumCost: Int = RowSample.maximumCost) {
        self.maximumRows = maximumRows
        self.maximumCost = maximumCost
    }

    /// Every row is in it.
    var isWhole: Bool { rejectedBits == 0 }

    mutating func offer(_ bytes: [UInt8], number: Int, line: Int, labelCode: Int, cellCount: Int) {
        guard StableHash.mixed(UInt64(number)) & rejectedBits == 0 else { return }
        let row = Row(
            number: number, bytes: bytes, line: line, labelCode: labelCode,
            cost: bytes.count + cellCount * Self.costPerCell)
        rows.append(row)
        cost += row.cost
        while rows.count > maximumRows || (cost > maximumCost && rows.count > 1) { thin() }
    }

    private mutating func thin() {
        rejectedBits = rejectedBits << 1 | 1
        rows.removeAll { StableHash.mixed(UInt64($0.number)) & rejectedBits != 0 }
        cost = rows.reduce(0) { $0 + $1.cost }
    }
}
