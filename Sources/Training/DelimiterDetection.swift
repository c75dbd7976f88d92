/// Which byte parts the cells: the one that cuts the first records into the most cells, equally many in each.
enum DelimiterDetection {
    static let candidates: [UInt8] = [UInt8(ascii: ","), UInt8(ascii: ";"), 0x09, UInt8(ascii: "|")]

    /// - Returns: a comma where nothing cuts, as in a table of one column.
    static func delimiter(of bytes: ArraySlice<UInt8>) -> UInt8 {
        var best = candidates[0]
        var bestScore = 1
        for candidate in candidates {
            let counts = cellCounts(bytes, candidate)
            guard let first = counts.first, first > 1 else { continue }
            let agreeing = counts.count { $0 == first }
            // Where records disagree a candidate still counts if nearly all agree: the ragged one is an error of its own.
            let score = agreeing * 10 >= counts.count * 9 ? first * 1_000 : first
            if score > bestScore {
                best = candidate
                bestScore = score
            }
        }
        return best
    }

    /// Cells in each of the first records, at most 50; the last one may be cut off and is not counted unless alone.
    private static func cellCounts(_ bytes: ArraySlice<UInt8>, _ delimiter: UInt8) -> [Int] {
        var counts: [Int] = []
        var cells = 1
        var isQuoted = false
        var isEmpty = true
        for byte in bytes {
            switch byte {
            case 0x22: isQuoted.toggle()
            case 0x0A, 0x0D:
                guard !isQuoted else { break }
                if !isEmpty { counts.append(cells) }
                cells = 1
                isEmpty = true
                if counts.count == 50 { return counts }
                continue
            case delimiter: if !isQuoted { cells += 1 }
            default: break
            }
            isEmpty = false
        }
        if counts.isEmpty, !isEmpty { counts.append(cells) }
        return counts
    }
}
