import Learning

extension ModelReport {
    /// The report as one HTML file that loads nothing and runs nothing.
    public func html() -> [UInt8] {
        var page = Markup()
        page.constant("<!doctype html>\n")
        page.tag("html", ["lang": "en"]) { html in
            html.tag("head") { head in
                head.empty("meta", ["charset": "utf-8"])
                head.empty("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"])
                // Whatever a name in the file may hold: nothing is fetched and no script runs.
                head.empty(
                    "meta",
                    [
                        "http-equiv": "Content-Security-Policy",
                        "content": "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
                    ])
                // An empty icon of its own: without it a browser asks the server for one.
                head.empty("link", ["rel": "icon", "href": "data:,"])
                head.tag("title", [:], "Leadwire report: \(model.card.name) on \(file)")
                head.tag("style") { $0.constant(PageStyle.sheet) }
            }
            html.tag("body") { body in
                header(&body)
                RankingSection(report: self).write(to: &body)
                CalibrationSection(report: self).write(to: &body)
                FactorSection(report: self).write(to: &body)
                FairnessSection(report: self).write(to: &body)
                DriftSection(report: self).write(to: &body)
                ComparisonSection(report: self).write(to: &body)
                BasisSection(report: self).write(to: &body)
                footer(&body)
            }
        }
        page.constant("\n")
        return page.bytes
    }

    private func header(_ body: inout Markup) {
        body.tag("header") { header in
            header.tag("p", ["class": "kicker"], "Leadwire report")
            header.tag("h1", [:], headline)
            header.tag("p", ["class": "lead"], subline)
            header.tag("div", ["class": "meta"]) { meta in
                var facts = [
                    (file, "\(Wording.count(rows)) leads"),
                    ("\(Wording.count(positives)) closed", Wording.percent(Double(positives) / Double(rows))),
                ]
                if let window { facts.append((window.from + " to " + window.to, "data window")) }
                facts.append((model.card.name, "version \(model.version)"))
                for (strong, plain) in facts {
                    meta.tag("span") { span in
                        span.tag("b", [:], strong)
                        span.text(" · " + plain)
                    }
                }
            }
            header.tag("div", ["class": "cards"]) { cards in
                found(10, &cards)
                found(30, &cards)
                ranking(&cards)
                let kept = reliability.overall
                cards.card(
                    "Closed for each one promised", kept.ratio.map { Wording.decimals($0, 2) } ?? "–",
                    more: (kept.ratioInterval.map { Wording.range($0, 2) + ", " } ?? "") + Self.keptWord(kept.verdict))
                cards.card("Has the world changed?", changedWord, more: movedWords)
                cards.card("Fair housing", fairness.word, more: fairness.more)
            }
        }
    }

    private var subline: String {
        let step = Self.headlineStep
        let kind = model.kind == .prior ? " The model is a prior: judged, not learned from closings." : ""
        return
            "Called in no particular order, the same \(step)% of calls would find \(step)%. Ranges in brackets are 90% "
            + "intervals. This is not the file that the model was trained on: that one is refused." + kind
    }

    private func found(_ step: Int, _ cards: inout Markup) {
        let (share, interval) = found(inFirst: step)
        cards.card(
            "Found in the first \(step)% of the list", Wording.percent(share),
            more: interval.map { Wording.percent($0) } ?? "too few rows for an interval")
    }

    private func ranking(_ cards: inout Markup) {
        let figure = quality.figures.first { $0.measure == .auc }
        cards.card(
            "Right one first, of a pair", figure?.value.map { Wording.percent($0) } ?? "–",
            more: (figure?.interval.map { Wording.percent($0) + ", " } ?? "") + "no order: 50%")
    }

    private static func keptWord(_ verdict: DriftVerdict) -> String {
        switch verdict {
        case .ok: "chances are right"
        case .watch: "chances are a little off"
        case .act: "chances are off"
        case .unknown: "too few to tell"
        }
    }

    private var changedWord: String {
        switch drift.verdict {
        case .ok: "No"
        case .watch: "Somewhat"
        case .act: "Yes"
        case .unknown: "Can’t tell"
        }
    }

    private var movedWords: String {
        let moved = drift.moved
        guard let first = moved.first else {
            return drift.verdict == .ok
                ? "leads are as they were"
                : drift.verdict == .unknown ? "too little to compare" : "the scores have moved"
        }
        return "\(first.name)" + (moved.count > 1 ? " and \(moved.count - 1) more" : "")
    }

    private var fairness: (word: String, more: String) {
        guard !impacts.isEmpty else { return ("Not checked", "no group column was given") }
        let shown = impacts.reduce(0) { $0 + $1.shown.count }
        if shown > 0 { return ("Uneven", Wording.plural(shown, "group", "groups") + " below four fifths") }
        let unsure = impacts.contains { $0.entries.contains { $0.verdict == .belowPerhapsChance } }
        if unsure { return ("Maybe uneven", "below four fifths, maybe chance") }
        let compared = impacts.contains { $0.entries.contains { $0.verdict == .withinFourFifths } }
        return compared ? ("Even", "every group within four fifths") : ("Can’t tell", "groups are too small")
    }

    private func footer(_ body: inout Markup) {
        body.tag("footer") { footer in
            footer.tag(
                "p", [:],
                "Intervals are 90%: of ranking figures and curves by \(QualityFigures.resamples) resamples of the rows, of "
                    + "shares by Jeffreys’ rule, of closed over promised by the exact Poisson interval, of the ratio between "
                    + "groups on the log scale (Katz). Rows of equal chance count in proportion.")
            footer.tag("p", [:], "Model \(model.sha256)")
        }
    }
}
