import Learning

/// What the figures rest on: data, model, what was left out and why.
struct BasisSection {
    let report: ModelReport

    func write(to page: inout Markup) {
        page.section("What this rests on", "The data, the model, and what it does not look at.") { section in
            section.tag("div", ["class": "block plain"]) { block in
                block.tag("dl", ["class": "facts"]) { list in
                    for (name, value) in facts {
                        list.tag("dt", [:], name)
                        list.tag("dd", [:], value)
                    }
                }
            }
            for warning in report.warnings { section.note(warning + ".", verdict: .watch) }
            if report.repeatedRows > 0 {
                section.note(
                    "\(Wording.plural(report.repeatedRows, "row repeats", "rows repeat")) an earlier one to the letter. "
                        + "Repeats make intervals look narrower than they are.", verdict: .watch)
            }
            let leftOut = report.model.card.leftOut
            if !leftOut.isEmpty {
                section.table(
                    ["Left out of the model", "Why"], words: [1],
                    leftOut.map { [TableCell($0.column), TableCell($0.reason, isWords: true)] })
            }
            if !report.model.card.notes.isEmpty {
                section.tag("div", ["class": "block"]) { block in
                    block.tag("ul", ["class": "list"]) { list in
                        for note in report.model.card.notes { list.tag("li", [:], note) }
                    }
                }
            }
        }
    }

    private var facts: [(String, String)] {
        let card = report.model.card
        var facts = [
            ("File", report.file),
            ("Rows", Wording.count(report.rows)),
            ("Closed", "\(Wording.count(report.positives)): “\(report.label)” is “\(report.positive)”"),
        ]
        if let window = report.window { facts.append(("Data window", "\(window.from) to \(window.to)")) }
        facts.append(("Model", "\(card.name), version \(report.model.version)"))
        facts.append(("Kind", Self.kind(report.model.kind)))
        if let rows = card.rows, rows > 0 {
            let closed = card.positives.map { ", \(Wording.count($0)) closed" } ?? ""
            facts.append(("Learned from", "\(Wording.count(rows)) rows\(closed)"))
        }
        if let from = card.windowFrom, let to = card.windowTo { facts.append(("Learned window", "\(from) to \(to)")) }
        if report.model.policyOverridden {
            facts.append(
                ("Policy", "overridden: the model reads columns that policy or leakage checks would leave out"))
        }
        if !card.settings.isEmpty {
            facts.append(("Settings", card.settings.map { "\($0.name) \($0.value)" }.joined(separator: " · ")))
        }
        return facts
    }

    private static func kind(_ kind: ModelArtifact.Kind) -> String {
        switch kind {
        case .prior: "a prior: judged, not learned"
        case .learned: "learned from the team’s own outcomes"
        case .imported: "imported from another library"
        }
    }
}
