import Learning

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What moves the score: mean |SHAP| and where single leads stand.
struct FactorSection {
    private static let shownPoints = 320
    private static let stripHeight = 40.0
    private static let left = 6.0
    private static let right = 354.0

    let report: ModelReport

    func write(to page: inout Markup) {
        guard !report.factors.isEmpty else { return }
        page.section(
            "What moves the score",
            "Each dot is a lead, from a sample of \(Wording.count(report.explainedRows)): to the right the fact raised its "
                + "chance, to the left it lowered it. The bar is how much a fact moves the odds of a lead on average "
                + "(exact SHAP values)."
        ) { section in
            section.tag("ol", ["class": "factors"]) { list in
                let strongest = report.factors[0].strength
                for factor in report.factors {
                    list.tag("li") { item in
                        item.tag("div") { words in
                            words.tag("b", [:], factor.name)
                            words.tag("span", ["class": "track"]) { track in
                                let share = Wording.decimals(100 * factor.strength / strongest, 1)
                                track.tag("i", ["style": "width:\(share)%"], "")
                            }
                            words.tag("p", ["class": "how"], Self.words(factor))
                        }
                        item.append(strip(factor))
                    }
                }
                list.tag("li") { item in
                    item.tag("div") { words in
                        words.legend([
                            ("scale", "low to high value (dates: recent to long ago)"),
                            ("blob", "a category, or no value"),
                        ])
                    }
                    item.append(axis)
                }
            }
        }
    }

    private static func words(_ factor: Factor) -> String {
        let range = factor.strengthInterval
        let strength =
            "Moves the odds by \(Wording.odds(factor.strength)) on average "
            + "(\(Wording.odds(range.lowerBound))–\(Wording.decimals(exp(range.upperBound), 2))). "
        switch factor.direction {
        case .higherRaises where factor.levels.count == 2, .higherLowers where factor.levels.count == 2, .byLevel:
            guard let first = factor.levels.first, let last = factor.levels.last, factor.levels.count > 1 else {
                return strength
            }
            return strength + "Best: \(first.name) (\(Wording.odds(first.push))); worst: \(last.name) "
                + "(\(Wording.odds(last.push)))."
        case .higherRaises:
            return strength + (factor.isDate ? "The longer ago, the better." : "The higher, the better.")
        case .higherLowers:
            return strength + (factor.isDate ? "The more recent, the better." : "The lower, the better.")
        case .mixed: return strength + "Neither high nor low is always better."
        }
    }

    // MARK: Drawings

    /// Log-odds at both ends, the same for all strips: every dot stands inside.
    private var reach: Double {
        let pushes = report.factors.flatMap { $0.points.map { abs(Double($0.push)) } }.sorted()
        return max(0.1, pushes.last ?? 1)
    }

    private var scale: Scale { Scale(-reach...reach, from: Self.left + 4, to: Self.right - 4) }

    private func strip(_ factor: Factor) -> Markup {
        var plot = Plot(height: Self.stripHeight, left: 0, x: 0...1, y: 0...1)
        let scale = scale
        let middle = Self.stripHeight / 2
        plot.rule(x1: Self.left, y1: middle, x2: Self.right, y2: middle, style: "grid")
        plot.rule(x1: scale(0), y1: 2, x2: scale(0), y2: Self.stripHeight - 2, style: "axis")
        let step = max(1, factor.points.count / Self.shownPoints)
        var stacked: [Int: Int] = [:]
        var swarms: [String: [(Double, Double)]] = [:]
        for place in stride(from: 0, to: factor.points.count, by: step) {
            let point = factor.points[place]
            let across = scale(Double(point.push))
            // Dots that would lie upon each other stand above and below, by turns.
            let column = Int((across / 2.6).rounded())
            let height = stacked[column, default: 0]
            stacked[column] = height + 1
            let offset = min(Double((height + 1) / 2) * 2.5, middle - 4) * (height % 2 == 0 ? 1 : -1)
            let colour = point.place.map { "c\(min(4, Int($0 * 5)))" } ?? "none"
            swarms[colour, default: []].append((across, middle + offset))
        }
        for colour in swarms.keys.sorted() { plot.swarm(swarms[colour] ?? [], style: colour) }
        return plot.svg("\(factor.name): \(Self.words(factor))")
    }

    private var axis: Markup {
        var plot = Plot(height: 34, left: 0, x: 0...1, y: 0...1)
        let scale = scale
        var last = -100.0
        for odds in [0.1, 0.25, 0.5, 0.75, 1, 1.33, 2, 4, 10] where abs(log(odds)) <= reach * 1.02 {
            let place = scale(log(odds))
            guard place - last > 34 else { continue }
            last = place
            plot.rule(x1: place, y1: 0, x2: place, y2: 5, style: "axis")
            plot.text(
                "×" + Wording.decimals(odds, odds == odds.rounded() ? 0 : odds * 10 == (odds * 10).rounded() ? 1 : 2),
                x: place, y: 17, anchor: "middle")
        }
        plot.text("lowers the odds", x: Self.left, y: 31, style: "soft")
        plot.text("raises the odds", x: Self.right, y: 31, anchor: "end", style: "soft")
        return plot.svg("How a fact changes the odds")
    }
}
