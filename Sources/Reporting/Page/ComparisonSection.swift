import Learning

/// What the model has to beat, and where it does better or worse.
struct ComparisonSection {
    let report: ModelReport

    func write(to page: inout Markup) {
        figures(&page)
        baselines(&page)
        slices(report.source, title: "By source", &page)
        slices(report.months, title: "By month", &page)
    }

    // MARK: Figures

    private static let wording: [(measure: Measure, name: String, meaning: String)] = [
        (.auc, "Ranking (AUC)", "the right one first, of one that closed and one that did not; 0.5 is no order"),
        (.averagePrecision, "Average precision", "how pure the list is on the way down; the average rate is no order"),
        (.liftAt10, "Lift in the first tenth", "times as many closings as in all of the list"),
        (.logLoss, "Log loss", "surprise about what happened; lower is better"),
        (.brier, "Brier score", "squared error of the chances; lower is better"),
        (
            .ece, "Calibration error",
            "how far chances and rates lie apart; lower is better (resampling makes it look larger)"
        ),
    ]

    private func figures(_ page: inout Markup) {
        let card = report.model.card.holdout.figures
        page.section(
            "The figures",
            "Measured on this file, with 90% intervals"
                + (card == nil ? "." : ", beside what the model’s card says of its own hold-out.")
        ) { section in
            let head = ["Figure", "On this file"] + (card == nil ? [] : ["On the card"]) + ["What it says"]
            section.table(
                head, words: [head.count - 1],
                Self.wording.map { line in
                    var cells = [TableCell(line.name), Self.cell(report.quality, line.measure)]
                    if let card { cells.append(Self.cell(card, line.measure)) }
                    return cells + [TableCell(line.meaning, isWords: true)]
                })
        }
    }

    private static func cell(_ figures: QualityFigures, _ measure: Measure) -> TableCell {
        let figure = figures.figures.first { $0.measure == measure }
        let places = measure == .liftAt10 ? 2 : 3
        return TableCell(
            figure?.value.map { Wording.decimals($0, places) },
            interval: figure?.interval.flatMap { range in
                let (low, high) = (
                    Wording.decimals(range.lowerBound, places), Wording.decimals(range.upperBound, places)
                )
                return low == high ? nil : low + "–" + high
            })
    }

    // MARK: Baselines

    private func baselines(_ page: inout Markup) {
        guard !report.baselines.isEmpty else {
            page.section("Compared with simpler ways", "") { section in
                section.note(
                    "The model keeps no reference distributions (it was made before they were kept), or the file is too "
                        + "small, so simple baselines were not built.")
            }
            return
        }
        page.section(
            "Compared with simpler ways",
            "All ways are measured on the same \(Wording.count(report.baselineRows)) rows. The simple ways learned from "
                + "the other half of this file, so they know this very time; the model does not."
        ) { section in
            section.table(
                ["Way", "Ranking (AUC)", "Lift in the first tenth", "Log loss"],
                report.baselines.map { baseline in
                    [
                        TableCell(baseline.name), Self.cell(baseline.figures, .auc),
                        Self.cell(baseline.figures, .liftAt10), Self.cell(baseline.figures, .logLoss),
                    ]
                })
            section.note(verdict.text, verdict: verdict.verdict)
        }
    }

    /// Whether the model ranks better than the best of the simple ways, by their intervals.
    private var verdict: (text: String, verdict: DriftVerdict) {
        guard let model = report.baselines.first?.figure(.auc), let value = model.value,
            let rival = report.baselines.dropFirst().max(by: {
                ($0.figure(.auc)?.value ?? 0, $1.key) < ($1.figure(.auc)?.value ?? 0, $0.key)
            }), let other = rival.figure(.auc), let otherValue = other.value
        else { return ("Too few rows to compare.", .unknown) }
        let pair = "\(Wording.decimals(value, 3)) against \(Wording.decimals(otherValue, 3))"
        let best =
            rival.key == "naive_bayes" ? "naive Bayes" : rival.key == "best_column" ? "one column" : "the \(rival.name)"
        if let mine = model.interval, let theirs = other.interval {
            if mine.lowerBound > theirs.upperBound {
                return ("The model ranks better than any simple way; the best of them is \(best) (\(pair)).", .ok)
            }
            if mine.upperBound < theirs.lowerBound {
                let figures = "\(Wording.decimals(otherValue, 3)) against the model’s \(Wording.decimals(value, 3))"
                return ("A simple way ranks better: \(best) (\(figures)). Train again on newer rows.", .act)
            }
        }
        return (
            "The intervals of the model and of \(best) overlap (\(pair)): no winner is shown on these rows.", .watch
        )
    }

    // MARK: Slices

    private func slices(_ quality: SliceQuality?, title: String, _ page: inout Markup) {
        guard let quality, !quality.entries.isEmpty else { return }
        let isMonthly = title == "By month"
        page.section(
            title,
            "By “\(quality.column)”. Kept is what closed over what the model promised: 1 is exact. Where fewer than "
                + "\(SliceQuality.minimumOfEach) closed or did not, ranking can’t be told."
        ) { section in
            if isMonthly, quality.entries.count > 1 {
                section.tag("div", ["class": "plots"]) { plots in
                    plots.figure(
                        "Promised and kept, month by month", says: "Share that closed, with 90% intervals",
                        svg: Self.rates(quality), legend: [("dots", "closed"), ("promised", "promised by the model")],
                        caption: "Where the intervals leave the grey line the chances were off in that month.")
                    plots.figure(
                        "Ranking, month by month", says: "The right one first, of a pair (AUC), with 90% intervals",
                        svg: Self.ranking(quality), legend: [("dots", "this model"), ("plain", "no order")],
                        caption: "Months with fewer than \(SliceQuality.minimumOfEach) of either outcome have no dot.")
                }
            }
            section.table(
                [isMonthly ? "Month" : "Source", "Leads", "Closed", "Promised", "Kept", "Ranking (AUC)"],
                // Months newest first: the latest is what a reader looks for.
                (isMonthly ? Self.newestFirst(quality.entries) : quality.entries).map { entry in
                    let small = TableCell("too small to tell", badge: "")
                    return [
                        TableCell(entry.name), TableCell(Wording.count(entry.rows)),
                        TableCell(
                            Wording.count(entry.calibration.observed),
                            small: Wording.percent(entry.rate)),
                        TableCell(Wording.percent(entry.calibration.expected / Double(entry.rows))),
                        entry.calibration.verdict == .unknown ? small : entry.calibration.ratioCell,
                        entry.auc.map { figure in
                            TableCell(
                                figure.value.map { Wording.decimals($0, 2) },
                                interval: figure.interval.map { Wording.range($0, 2) })
                        } ?? small,
                    ]
                })
        }
    }

    private static func isMonth(_ entry: SliceQuality.Entry) -> Bool { entry.name.utf8.count == 7 }

    private static func newestFirst(_ entries: [SliceQuality.Entry]) -> [SliceQuality.Entry] {
        entries.filter(isMonth).reversed() + entries.filter { !isMonth($0) }
    }

    private static func monthAxis(_ entries: [SliceQuality.Entry]) -> [(Double, String)] {
        stride(from: 0, to: entries.count, by: max(1, (entries.count + 4) / 5)).map { (Double($0), entries[$0].name) }
    }

    private static func ranking(_ quality: SliceQuality) -> Markup {
        let entries = quality.entries.filter(isMonth)
        let last = Double(max(1, entries.count - 1))
        let lowest = entries.compactMap { $0.auc?.interval?.lowerBound }.min() ?? 0.5
        var plot = Plot(x: -0.3...last + 0.3, y: min(0.4, (lowest * 10).rounded(.down) / 10)...1)
        plot.yAxis(Plot.percentTicks(plot.y))
        plot.xAxis(monthAxis(entries), title: "month", hasGrid: false)
        plot.line([(-0.3, 0.5), (last + 0.3, 0.5)], style: "plain")
        for (place, entry) in entries.enumerated() {
            guard let auc = entry.auc, let value = auc.value else { continue }
            if let interval = auc.interval { plot.interval(Double(place), interval, style: "model") }
            plot.dot(Double(place), value, style: "model", radius: 3.5)
        }
        return plot.svg("AUC by month")
    }

    private static func rates(_ quality: SliceQuality) -> Markup {
        let entries = quality.entries.filter(isMonth)
        let last = Double(max(1, entries.count - 1))
        let top =
            entries.map { max($0.rateInterval?.upperBound ?? 0, $0.calibration.expected / Double($0.rows)) }.max() ?? 1
        var plot = Plot(x: -0.3...last + 0.3, y: 0...min(1, top * 1.05))
        plot.yAxis(Plot.percentTicks(plot.y))
        plot.xAxis(monthAxis(entries), title: "month", hasGrid: false)
        plot.line(
            entries.enumerated().map { (Double($0), $1.calibration.expected / Double($1.rows)) }, style: "promised")
        for (place, entry) in entries.enumerated() {
            if let interval = entry.rateInterval { plot.interval(Double(place), interval, style: "model") }
            plot.dot(Double(place), entry.rate, style: "model", radius: 3.5)
        }
        return plot.svg("Share that closed and share promised by month")
    }
}
