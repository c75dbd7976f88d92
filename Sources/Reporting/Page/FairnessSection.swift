import Learning

/// The fair-housing impact of calling hot leads first.
struct FairnessSection {
    let report: ModelReport

    func write(to page: inout Markup) {
        page.section("Fair housing", lead) { section in
            if report.impacts.isEmpty {
                section.note(
                    "No group column was given, so the impact on protected groups is unknown. Where people volunteered "
                        + "such facts, or the team has them from elsewhere, --group COLUMN shows it; the model never reads "
                        + "that column.")
            }
            for impact in report.impacts { write(impact, to: &section) }
        }
    }

    private var lead: String {
        let rule =
            report.model.reference == nil
            ? "Hot here is the highest fifth of this file."
            : "Hot is a score of \(Wording.decimals(report.hotFrom, 0)) or more."
        return rule + " A group is compared with the one that is hot most often. Below four fifths of its share, and "
            + "unlikely to be chance (Fisher’s exact test, p below 0.05), a difference counts as shown. This is a check, "
            + "not legal advice."
    }

    private func write(_ impact: ImpactTable, to section: inout Markup) {
        let best = impact.entries.first { $0.verdict == .best }
        section.tag("div", ["class": "impact"]) { part in
            if impact.isModelInput {
                part.note("The model itself reads “\(impact.column)”. A group must never be an input.", verdict: .act)
            }
            part.note(Self.sentence(impact), verdict: Self.verdict(impact))
            part.table(
                [
                    "By “\(impact.column)”", "Hot", "Share hot", "Ratio to best", "Chance (p)",
                    "Hot among closers", "Closed / promised", "Verdict",
                ],
                impact.entries.map { entry in
                    [
                        TableCell(entry.name),
                        TableCell(Wording.count(entry.hot), small: "of " + Wording.count(entry.rows)),
                        TableCell(
                            Wording.percent(entry.selectionRate),
                            small: entry.selectionInterval.map { Wording.percent($0) } ?? ""),
                        Self.ratio(entry, isBest: entry.name == best?.name),
                        TableCell(entry.fisherP.map { Wording.chance($0) } ?? "–"), Self.closers(entry),
                        Self.kept(entry),
                        TableCell(Self.word(entry.verdict), badge: Self.badge(entry.verdict)),
                    ]
                })
            for entry in impact.entries where !entry.drivers.isEmpty {
                let facts = entry.drivers.map { "“\($0.name)” (\(Wording.odds($0.push)))" }.joined(separator: ", ")
                part.note("What holds “\(entry.name)” back most, on average, against “\(best?.name ?? "")”: \(facts).")
            }
        }
    }

    private static func closers(_ entry: ImpactTable.Entry) -> TableCell {
        // Ten that closed are the least of which a share says something.
        guard entry.calibration.observed >= SliceQuality.minimumOfEach else {
            return TableCell("too small to tell", badge: "")
        }
        return TableCell(
            Wording.percent(Double(entry.hotClosed) / Double(entry.calibration.observed)),
            interval: entry.hotClosedInterval.map { Wording.percent($0) })
    }

    private static func ratio(_ entry: ImpactTable.Entry, isBest: Bool) -> TableCell {
        guard let table = entry.table else { return TableCell(isBest ? "1" : "–") }
        return TableCell(
            table.ratio.map { Wording.decimals($0, 2) }, interval: table.ratioInterval.map { Wording.range($0, 2) })
    }

    private static func kept(_ entry: ImpactTable.Entry) -> TableCell {
        entry.calibration.verdict == .unknown ? TableCell("too small to tell", badge: "") : entry.calibration.ratioCell
    }

    static func word(_ verdict: ImpactTable.Verdict) -> String {
        switch verdict {
        case .best: "hot most often"
        case .withinFourFifths: "within four fifths"
        case .belowFourFifths: "below four fifths"
        case .belowPerhapsChance: "below, maybe chance"
        case .tooFew: "too few to tell"
        case .notCompared: "not compared"
        }
    }

    private static func badge(_ verdict: ImpactTable.Verdict) -> String {
        switch verdict {
        case .withinFourFifths: "ok"
        case .belowPerhapsChance: "watch"
        case .belowFourFifths: "act"
        case .best, .tooFew, .notCompared: ""
        }
    }

    private static func verdict(_ impact: ImpactTable) -> DriftVerdict {
        if !impact.shown.isEmpty { return .act }
        if impact.entries.contains(where: { $0.verdict == .belowPerhapsChance }) { return .watch }
        return impact.entries.contains { $0.verdict == .withinFourFifths } ? .ok : .unknown
    }

    private static func sentence(_ impact: ImpactTable) -> String {
        let shown = impact.shown.map { "“\($0.name)”" }
        let unsure = impact.entries.filter { $0.verdict == .belowPerhapsChance }.map { "“\($0.name)”" }
        let small = impact.entries.count { $0.verdict == .tooFew }
        let tail =
            small > 0
            ? " \(Wording.plural(small, "group has", "groups have")) fewer than \(ImpactTable.minimumRows) leads: too few to "
                + "tell." : ""
        switch verdict(impact) {
        case .act:
            return
                "Hot much less often than the best group: \(shown.joined(separator: ", ")). Look at which facts in the "
                + "score stand for the group, and take them out." + tail
        case .watch:
            return "Below four fifths, though chance could do that on so few leads: \(unsure.joined(separator: ", "))."
                + tail
        case .ok:
            return "By “\(impact.column)” every group is hot at least four fifths as often as the best one." + tail
        case .unknown: return "By “\(impact.column)” there are not two groups large enough to compare." + tail
        }
    }
}
