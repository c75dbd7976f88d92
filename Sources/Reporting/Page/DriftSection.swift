import Learning

/// Whether what comes in is still what the model learned from.
struct DriftSection {
    private static let maximumShown = 60
    private static let unfolded = 8

    let report: ModelReport

    func write(to page: inout Markup) {
        page.section(
            "Has the world changed?",
            "This file against what the model learned from. The shift is the population stability index (PSI), less "
                + "what chance alone gives; from 0.1 on it is worth a look, from 0.25 on the model may be wrong."
        ) { section in
            section.note(sentence, verdict: report.drift.verdict)
            // A masked column is empty then and now: there is nothing to say of it.
            let features = report.drift.features.filter { $0.missingShare < 1 || $0.referenceMissingShare != 1 }.sorted
            {
                (-($0.stability?.psi ?? -1), $0.name) < (-($1.stability?.psi ?? -1), $1.name)
            }
            section.table(
                ["What", "Shift", "Verdict", "Empty now", "Empty then", "New values", "Weight in the model"],
                shown: Self.unfolded, [scoreRow] + features.prefix(Self.maximumShown).map(row))
            if features.count > Self.maximumShown {
                section.note(
                    "\(features.count - Self.maximumShown) more columns moved less than these; the JSON has them all.")
            }
        }
    }

    private var sentence: String {
        let drift = report.drift
        switch drift.verdict {
        case .ok: return "Nothing that matters to the model has shifted."
        case .unknown: return "There is too little to compare with: too few rows, or a model without a reference."
        case .watch, .act:
            let names = drift.moved.prefix(3).map { "“\($0.name)”" }.joined(separator: ", ")
            let score = [.watch, .act].contains(drift.score?.verdict) ? "The scores themselves have shifted. " : ""
            let moved = names.isEmpty ? "" : "What has moved most: \(names). "
            return score + moved
                + (drift.verdict == .act ? "Train again on newer outcomes." : "Keep an eye on it.")
        }
    }

    private static func excess(_ stability: PopulationStability?) -> String {
        stability.map { Wording.decimals(max(0, $0.psi - $0.noise), 2) } ?? "–"
    }

    private var scoreRow: [TableCell] {
        let verdict = report.drift.score?.verdict ?? .unknown
        return [
            TableCell("The score itself"), TableCell(Self.excess(report.drift.score)),
            TableCell(verdict.word, badge: verdict.rawValue), TableCell(""), TableCell(""), TableCell(""),
            TableCell(""),
        ]
    }

    private func row(_ feature: DriftReport.FeatureDrift) -> [TableCell] {
        // Nothing was empty then or now: nothing to say.
        let isFull = feature.missingShare == 0 && feature.referenceMissingShare ?? 0 == 0
        return [
            TableCell(feature.name), TableCell(Self.excess(feature.stability)),
            TableCell(feature.verdict.word, badge: feature.verdict.rawValue),
            TableCell(isFull ? "" : Wording.percent(feature.missingShare)),
            TableCell(isFull ? "" : feature.referenceMissingShare.map { Wording.percent($0) } ?? "–"),
            TableCell(feature.unseenShare == 0 ? "" : Wording.percent(feature.unseenShare)),
            TableCell(feature.weight.map { Wording.percent($0) } ?? "–"),
        ]
    }
}
