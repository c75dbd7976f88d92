import Learning

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Whether a stated chance comes true, and how far the model parts the two kinds of lead.
struct CalibrationSection {
    let report: ModelReport

    func write(to page: inout Markup) {
        page.section("Are the chances right?", "When the model says 20%, one in five should close.") { section in
            section.note(sentence, verdict: report.reliability.overall.verdict)
            section.tag("div", ["class": "plots"]) { plots in
                plots.figure(
                    "Promised and kept", says: "Share that closed, with 90% intervals", svg: reliability,
                    legend: [("dots", "ten groups of leads"), ("plain", "exactly as promised")],
                    caption:
                        "Each dot is a tenth of the leads. On the dashed line a chance is worth what it says; above "
                        + "it the model promises too little, below it too much.")
                plots.figure(
                    "Where the leads stand", says: "Share of each kind of lead", svg: histogram,
                    legend: [("box", "closed"), ("box others", "did not close")],
                    caption: "The less the two overlap, the better the model can tell them apart.")
            }
        }
    }

    private var sentence: String { Self.sentence(report.reliability.overall) }

    static func sentence(_ overall: CalibrationDrift) -> String {
        guard let ratio = overall.ratio, let interval = overall.ratioInterval else { return "Nothing was promised." }
        let figures =
            "The model promised \(Wording.decimals(overall.expected, 0)) closings and \(Wording.count(overall.observed)) "
            + "came: \(Wording.decimals(ratio, 2)) times as many (\(Wording.range(interval, 2)))."
        let way = ratio > 1 ? "low" : "high"
        switch overall.verdict {
        case .ok: return figures + " Taken together, the chances can be read as they stand."
        case .watch:
            return figures + " The chances are a little too \(way); the order of the list is not touched by that."
        case .act:
            return figures
                + " The chances are too \(way): calibrate the model on newer outcomes before anybody plans by "
                + "them. The order of the list is not touched by that."
        case .unknown: return figures + " That is too few to tell whether the chances are right."
        }
    }

    private static let places = [
        0.0001, 0.0003, 0.001, 0.003, 0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.98, 0.99, 0.997,
        0.999,
    ]

    /// Round chances inside a range of log-odds, as many as have room beside each other.
    private static func ticks(
        _ range: ClosedRange<Double>, room: Double, from start: Double, to end: Double
    ) -> [(Double, String)] {
        let scale = Scale(range, from: start, to: end)
        var last = -100.0
        var ticks: [(Double, String)] = []
        for place in places {
            let logOdds = ScoreHistogram.logOdds(place)
            guard range.contains(logOdds), scale(logOdds) - last > room else { continue }
            last = scale(logOdds)
            let digits = place < 0.001 || place > 0.999 ? 2 : place < 0.01 || place > 0.99 ? 1 : 0
            ticks.append((logOdds, Wording.decimals(place * 100, digits) + "%"))
        }
        return ticks
    }

    /// On the scale of log-odds on both sides: the many leads of a small chance would lie in one corner of a plain one.
    private var reliability: Markup {
        let bins = report.reliability.bins
        func logOdds(_ share: Double) -> Double { ScoreHistogram.logOdds(min(0.999, max(0.001, share))) }
        let ends = bins.flatMap { [$0.promised, $0.observed, $0.interval.lowerBound, $0.interval.upperBound] }
            .filter { $0 > 0 && $0 < 1 }.map(logOdds)
        let range = (ends.min() ?? -3) - 0.2...(ends.max() ?? 3) + 0.2
        var plot = Plot(x: range, y: range)
        plot.xAxis(Self.ticks(range, room: 36, from: 42, to: Plot.width - 14), title: "chance that the model gave")
        plot.yAxis(Self.ticks(range, room: 20, from: 0, to: 206))
        plot.line([(range.lowerBound, range.lowerBound), (range.upperBound, range.upperBound)], style: "plain")
        for bin in bins {
            let place = logOdds(bin.promised)
            let interval = logOdds(bin.interval.lowerBound)...logOdds(bin.interval.upperBound)
            plot.interval(place, interval, style: "model")
            plot.dot(place, logOdds(bin.observed), style: "model", radius: 3.5)
        }
        return plot.svg("Reliability: share that closed by the chance that the model gave")
    }

    private var histogram: Markup {
        let histogram = report.histogram
        let highest = (histogram.closed + histogram.others).max() ?? 1
        var plot = Plot(x: histogram.range, y: 0...highest * 1.08)
        let ticks = Self.ticks(histogram.range, room: 38, from: 42, to: Plot.width - 14)
        plot.yAxis(Plot.percentTicks(plot.y))
        plot.xAxis(ticks, title: "chance that the model gave", hasGrid: false)
        let step = (histogram.range.upperBound - histogram.range.lowerBound) / Double(ScoreHistogram.bins)
        for bin in 0..<ScoreHistogram.bins {
            let start = histogram.range.lowerBound + Double(bin) * step
            plot.bar(start + step * 0.06...start + step * 0.94, 0...histogram.others[bin], style: "others")
            plot.bar(start + step * 0.26...start + step * 0.74, 0...histogram.closed[bin], style: "closed")
        }
        return plot.svg("Distribution of chances among those that closed and those that did not")
    }
}
