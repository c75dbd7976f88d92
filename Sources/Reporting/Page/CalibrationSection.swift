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

    private var reliability: Markup {
        let bins = report.reliability.bins
        let highest = bins.map { max($0.promised, $0.interval.upperBound) }.max() ?? 1
        let top = min(1, highest * 1.05)
        var plot = Plot(x: 0...top, y: 0...top)
        plot.xAxis(Plot.percentTicks(plot.x), title: "chance that the model gave")
        plot.yAxis(Plot.percentTicks(plot.y))
        plot.line([(0, 0), (top, top)], style: "plain")
        for bin in bins {
            plot.interval(bin.promised, bin.interval, style: "model")
            plot.dot(bin.promised, bin.observed, style: "model")
        }
        return plot.svg("Reliability: share that closed by the chance that the model gave")
    }

    private static let places = [
        0.0001, 0.0003, 0.001, 0.003, 0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.98, 0.99, 0.997,
        0.999,
    ]

    private var histogram: Markup {
        let histogram = report.histogram
        let highest = (histogram.closed + histogram.others).max() ?? 1
        var plot = Plot(x: histogram.range, y: 0...highest * 1.08)
        var last = -100.0
        var ticks: [(Double, String)] = []
        for place in Self.places {
            let logOdds = ScoreHistogram.logOdds(place)
            // Labels need room beside each other.
            guard histogram.range.contains(logOdds), plot.x(logOdds) - last > 38 else { continue }
            last = plot.x(logOdds)
            let digits = place < 0.001 || place > 0.999 ? 2 : place < 0.01 || place > 0.99 ? 1 : 0
            ticks.append((logOdds, Wording.decimals(place * 100, digits) + "%"))
        }
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
