import Learning

/// Which rows are held out, and which fold each of the others falls into. Deterministic in the seed.
struct RowSplit {
    /// For each row the number of its group; rows with the same inputs share one, so that no copy of a training row is
    /// ever measured on.
    let groups: [Int]
    let labels: [Bool]
    let seed: UInt64

    /// `codes` holds the columns that the model uses, one code a row.
    init(codes: [[Int32]], labels: [Bool], seed: UInt64) {
        self.labels = labels
        self.seed = seed
        var numbers: [UInt64: Int] = [:]
        var groups: [Int] = []
        groups.reserveCapacity(labels.count)
        for row in labels.indices {
            // FNV-1a, 64 bits: a chance collision only puts two rows into one fold.
            var hash: UInt64 = 0xCBF2_9CE4_8422_2325
            for column in codes { hash = (hash ^ UInt64(UInt32(bitPattern: column[row]))) &* 0x100_0000_01B3 }
            let number = numbers[hash] ?? numbers.count
            numbers[hash] = number
            groups.append(number)
        }
        // Where most rows repeat others, as with three yes/no columns, equal inputs are no copies.
        self.groups = numbers.count * 2 >= labels.count ? groups : Array(labels.indices)
    }

    /// A share of each class, whole groups at a time, drawn by the seed. Ascending row numbers.
    func stratifiedHoldout(share: Double) -> [Int] {
        var held: [Int] = []
        for (members, rows) in strata(of: Array(labels.indices), salt: 0x5EED) {
            let wanted = Int((Double(rows) * share).rounded())
            var taken = 0
            for group in members where taken < wanted {
                held += group
                taken += group.count
            }
        }
        return held.sorted()
    }

    /// The newest share of the rows by `times`; equal times keep the order of the file. Ascending row numbers.
    static func newestHoldout(times: [Double], share: Double) -> [Int] {
        let order = times.indices.sorted { (times[$0], $0) < (times[$1], $1) }
        return order.suffix(Int((Double(times.count) * share).rounded())).sorted()
    }

    /// A fold for each of `rows`: both classes spread evenly, a group in one fold. Another `draw` is another such parting.
    func stratifiedFolds(of rows: [Int], count: Int, draw: Int = 0) -> [Int] {
        var fold = [Int: Int](minimumCapacity: rows.count)
        for (members, _) in strata(of: rows, salt: 0xF01D + UInt64(draw) << 16) {
            var sizes = [Int](repeating: 0, count: count)
            for group in members {
                var smallest = 0
                for candidate in 1..<count where sizes[candidate] < sizes[smallest] { smallest = candidate }
                sizes[smallest] += group.count
                for row in group { fold[row] = smallest }
            }
        }
        return rows.map { fold[$0] ?? 0 }
    }

    /// Folds that are stretches of time, oldest first.
    static func timeFolds(of rows: [Int], times: [Double], count: Int) -> [Int] {
        let order = rows.indices.sorted { (times[rows[$0]], rows[$0]) < (times[rows[$1]], rows[$1]) }
        var folds = [Int](repeating: 0, count: rows.count)
        for (place, index) in order.enumerated() { folds[index] = place * count / rows.count }
        return folds
    }

    /// The groups of each class (by the majority of their rows) in random order, and their rows in all.
    private func strata(of rows: [Int], salt: UInt64) -> [(groups: [[Int]], rows: Int)] {
        var members: [Int: [Int]] = [:]
        var order: [Int] = []
        for row in rows {
            if members[groups[row]] == nil { order.append(groups[row]) }
            members[groups[row], default: []].append(row)
        }
        let all = order.map { members[$0] ?? [] }
        var generator = SplitMix64(seed: seed ^ salt)
        return [true, false].map { label in
            var stratum = all.filter { group in (group.count { labels[$0] } * 2 > group.count) == label }
            for place in stratum.indices.dropLast() {
                stratum.swapAt(place, place + generator.index(below: stratum.count - place))
            }
            return (stratum, stratum.reduce(0) { $0 + $1.count })
        }
    }
}
