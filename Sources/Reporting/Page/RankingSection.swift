import Learning

/// Who to call first: gain and lift, ROC and precision.
struct RankingSection {
    let report: ModelReport

    func write(to page: inout Markup) {
        let rate = Double(report.positives) / Double(report.rows)
        page.section(
            "Who to call first",
            "The list is sorted by chance, the best first. The further the curve stands above the dashed line, the more "
                + "calls it saves."
        ) { section in
            section.tag("div", ["class": "plots"]) { plots in
                plots.figure(
                    "How many are found, and how soon", says: "Share of those that closed", svg: gain(rate),
                    legend: [("", "this model, 90% band"), ("plain", "no order"), ("best", "a perfect order")],
                    caption: found)
                plots.figure(
                    "How much better than no order", says: "Times as many closings per call", svg: lift,
                    legend: [("", "this model, 90% band"), ("plain", "no order")], caption: lifted)
                plots.figure(
                    "Closers found against calls wasted", says: "Share of those that closed (ROC curve)", svg: roc,
                    legend: [("", "this model, 90% band"), ("plain", "no order")], caption: ranked)
                plots.figure(
                    "How pure the top of the list is", says: "Share of called leads that close (precision)",
                    svg: precision(rate), legend: [("", "this model, 90% band"), ("plain", "no order")],
                    caption: "Without any order \(Wording.percent(rate)) of the calls reach somebody who closes.")
            }
        }
    }

    private var found: String {
        let parts = [10, 20, 30].map { step in
            let (share, interval) = report.found(inFirst: step)
            return "the first \(step)% hold \(Wording.percent(share))"
                + (interval.map { " (\(Wording.percent($0)))" } ?? "")
        }
        let sentence = parts.joined(separator: "; ") + "."
        return sentence.prefix(1).uppercased() + sentence.dropFirst()
    }

    private var lifted: String {
        guard let figure = report.quality.figures.first(where: { $0.measure == .liftAt10 }), let value = figure.value
        else { return "Too few rows to tell." }
        let range = figure.interval.map { " (\(Wording.range($0, 1)))" } ?? ""
        return
            "Among the first tenth of the list closings are \(Wording.times(value))\(range) as common as in all of it."
    }

    private var ranked: String {
        guard let figure = report.quality.figures.first(where: { $0.measure == .auc }), let value = figure.value
        else { return "With one outcome only there is nothing to rank." }
        let range = figure.interval.map { " (\(Wording.percent($0)))" } ?? ""
        return "Of one lead that closed and one that did not, the model puts the right one first in "
            + "\(Wording.percent(value))\(range) of all pairs. This is the AUC; no order gives 50%."
    }

    // MARK: Drawings

    private static let shares: [(Double, String)] = stride(from: 0.0, through: 1, by: 0.2).map {
        ($0, Wording.decimals($0 * 100, 0) + "%")
    }

    private static func curve(
        _ curve: Curves.Curve, from first: Int = 0, on plot: inout Plot, by scale: [Double]? = nil
    ) {
        let steps = first...Curves.steps
        let grid = steps.map { Curves.grid[$0] }
        func values(_ all: [Double]) -> [Double] {
            all.isEmpty ? [] : steps.map { all[$0] * (scale?[$0] ?? 1) }
        }
        plot.band(grid, lower: values(curve.lower), upper: values(curve.upper), style: "model")
        plot.line(Array(zip(grid, values(curve.values))), style: "model")
    }

    private func gain(_ rate: Double) -> Markup {
        var plot = Plot(x: 0...1, y: 0...1)
        plot.xAxis(Self.shares, title: "share of the list called")
        plot.yAxis(Self.shares)
        plot.line([(0, 0), (1, 1)], style: "plain")
        plot.line([(0, 0), (max(0.001, rate), 1), (1, 1)], style: "best")
        Self.curve(report.curves.gain, on: &plot)
        let (share, interval) = report.found(inFirst: ModelReport.headlineStep)
        let place = Double(ModelReport.headlineStep) / 100
        if let interval { plot.interval(place, interval, style: "model") }
        plot.dot(place, share, style: "model", radius: 4.5)
        plot.text(Wording.percent(share), x: plot.x(place) + 9, y: plot.y(share) + 14, style: "strong")
        return plot.svg("Cumulative gains: \(found)")
    }

    private var lift: Markup {
        // Below 2% of the list a handful of leads decides.
        let scale = Curves.grid.map { $0 > 0 ? 1 / $0 : 0 }
        let curve = report.curves.gain
        let highest =
            (2...Curves.steps).map { (curve.upper.isEmpty ? curve.values : curve.upper)[$0] * scale[$0] }.max() ?? 1
        var plot = Plot(x: 0...1, y: 0...max(1.5, highest * 1.05))
        plot.xAxis(Self.shares, title: "share of the list called")
        plot.yAxis(plot.y.ticks(5).map { ($0, Wording.decimals($0, $0 == $0.rounded() ? 0 : 1) + "×") })
        plot.line([(0, 1), (1, 1)], style: "plain")
        Self.curve(curve, from: 2, on: &plot, by: scale)
        return plot.svg("Lift: \(lifted)")
    }

    private var roc: Markup {
        var plot = Plot(x: 0...1, y: 0...1)
        plot.xAxis(Self.shares, title: "share of the others called as well")
        plot.yAxis(Self.shares)
        plot.line([(0, 0), (1, 1)], style: "plain")
        Self.curve(report.curves.roc, on: &plot)
        return plot.svg("ROC curve: \(ranked)")
    }

    private func precision(_ rate: Double) -> Markup {
        let curve = report.curves.precision
        let highest = (2...Curves.steps).map { (curve.upper.isEmpty ? curve.values : curve.upper)[$0] }.max() ?? 1
        var plot = Plot(x: 0...1, y: 0...min(1, max(highest * 1.05, 0.05)))
        plot.xAxis(Self.shares, title: "share of those that closed, found")
        plot.yAxis(Plot.percentTicks(plot.y))
        plot.line([(0, rate), (1, rate)], style: "plain")
        Self.curve(curve, from: 2, on: &plot)
        return plot.svg("Precision by recall")
    }
}
