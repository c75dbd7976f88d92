#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Two groups, in each so many chosen and so many not.
struct TwoByTwo: Sendable, Hashable {
    var chosen: Int
    var others: Int
    var chosenElsewhere: Int
    var othersElsewhere: Int

    /// Fisher's exact test, two-sided: the chance, if group and choice had nothing to do with each other, of a table as
    /// unlikely as this one or more so.
    ///
    /// - Complexity: O(smallest margin).
    var fisherP: Double {
        let row = chosen + others
        let column = chosen + chosenElsewhere
        let total = row + chosenElsewhere + othersElsewhere
        let lowest = max(0, row + column - total)
        let highest = min(row, column)
        guard lowest < highest else { return 1 }
        // Relative probabilities from the mode outward, so that nothing under- or overflows.
        let mode = min(highest, max(lowest, (row + 1) * (column + 1) / (total + 2)))
        func ratio(_ x: Int) -> Double {
            Double(row - x) * Double(column - x) / (Double(x + 1) * Double(total - row - column + x + 1))
        }
        func weight(of target: Int) -> Double {
            var weight = 1.0
            for x in stride(from: mode, to: max(mode, target), by: 1) { weight *= ratio(x) }
            for x in stride(from: mode - 1, through: min(mode, target), by: -1) { weight /= ratio(x) }
            return weight
        }
        // A little above the observed one, so that tables equally likely but for rounding count.
        let observed = weight(of: chosen) * (1 + 1e-7)
        var sum = 0.0
        var tail = 0.0
        func take(_ weight: Double) {
            sum += weight
            if weight <= observed { tail += weight }
        }
        take(1)
        var weight = 1.0
        for x in mode..<highest {
            weight *= ratio(x)
            take(weight)
        }
        weight = 1
        for x in stride(from: mode - 1, through: lowest, by: -1) {
            weight /= ratio(x)
            take(weight)
        }
        return min(1, tail / sum)
    }

    /// The share chosen here over the share chosen elsewhere.
    var ratio: Double? {
        let elsewhere = Double(chosenElsewhere) / Double(max(1, chosenElsewhere + othersElsewhere))
        guard chosen + others > 0, elsewhere > 0 else { return nil }
        return Double(chosen) / Double(chosen + others) / elsewhere
    }

    /// 90% interval of ``ratio`` on the log scale (Katz); with an empty cell one half is added to each cell.
    /// - SeeAlso: Katz, Baptista, Azen, Pike 1978, doi:10.2307/2530610.
    var ratioInterval: ClosedRange<Double>? {
        guard chosen + others > 0, chosenElsewhere + othersElsewhere > 0 else { return nil }
        let extra = chosen == 0 || chosenElsewhere == 0 ? 0.5 : 0
        let (a, b) = (Double(chosen) + extra, Double(chosenElsewhere) + extra)
        let n = Double(chosen + others) + 2 * extra
        let m = Double(chosenElsewhere + othersElsewhere) + 2 * extra
        let centre = log(a / n / (b / m))
        let reach = 1.6448536269514722 * max(0, 1 / a - 1 / n + 1 / b - 1 / m).squareRoot()
        return exp(centre - reach)...exp(centre + reach)
    }
}
