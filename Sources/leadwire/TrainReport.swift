import JSONBytes
import Learning
import Training

/// What `train` tells people and programs.
enum TrainReport {
    static func describe(_ trainer: Trainer) {
        let share = 100 * Double(trainer.positiveCount) / Double(trainer.rowCount)
        Terminal.say(
            "\(trainer.rowCount) rows, \(trainer.positiveCount) positive (\(Figures.decimals(share, 1))%): "
                + "\"\(trainer.positive)\"")
        if trainer.repeatedRows > 0 {
            Terminal.say(
                "\(trainer.repeatedRows) rows repeat an earlier one: equal inputs stay on one side of the hold-out")
        }
        let width = trainer.plan.columns.map { $0.name.count }.max() ?? 0
        for column in trainer.plan.columns {
            let name = Figures.padded(column.name, width)
            let missing = column.missing > 0 ? ", \(column.missing) missing" : ""
            let kind = Figures.padded(column.kind.word, 10)
            let leakage = column.examination.leakage
            if let reason = column.leftOut {
                Terminal.say("  \(name)  \(kind)  left out: \(reason)")
            } else if let reason = column.overridden {
                Terminal.say("  \(name)  \(kind)  \(column.distinct) values\(missing); allowed in spite of \(reason)")
            } else if leakage.verdict == .suspect, let evidence = leakage.evidence.first {
                Terminal.say("  \(name)  \(kind)  \(column.distinct) values\(missing); used, but suspect: \(evidence)")
            } else {
                Terminal.say("  \(name)  \(kind)  \(column.distinct) values\(missing)")
            }
        }
        if trainer.plan.isLeadFeatures {
            Terminal.say("These are the 28 features of a lead: the model may serve leads.")
        }
        if trainer.plan.isPolicyOverridden { Terminal.say("policy: overridden") }
    }

    static func describe(_ outcome: Trainer.Outcome, label: String) {
        Terminal.say("\(outcome.rounds) trees: \(outcome.settings); \(outcome.triedSettings) settings of forests tried")
        if outcome.artifact.priorWeight > 0 {
            Terminal.say("\(Figures.decimals(100 * outcome.artifact.priorWeight, 0))% of the margin is prior")
        }
        if let note = outcome.levelNote { Terminal.say(note) }
        guard let figures = outcome.figures else {
            Terminal.say("Nothing was held out: the quality of this model is unmeasured.")
            return
        }
        let kind = outcome.artifact.card.holdout.kind
        Terminal.say("Hold-out (\(kind.rawValue)): \(figures.rows) rows, \(figures.positives) positive, 90% intervals")
        Figures.describe(figures)
        if outcome.artifact.card.isRefitted {
            Terminal.say("The forest was then trained again on all rows; the figures belong to the run before.")
        }
    }

    static func json(_ trainer: Trainer, _ outcome: Trainer.Outcome, path: String) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("model", outcome.artifact.card.name)
        json.member("sha256", outcome.artifact.sha256)
        json.member("out", path)
        json.member("rows", trainer.rowCount)
        json.member("positives", trainer.positiveCount)
        json.member("positive", trainer.positive)
        json.member("repeated_rows", trainer.repeatedRows)
        json.member("rounds", outcome.rounds)
        json.member("blend", outcome.settings)
        json.member("settings_tried", outcome.triedSettings)
        json.member("prior_weight", outcome.artifact.priorWeight)
        json.member("level_note", outcome.levelNote)
        json.member("policy_overridden", outcome.artifact.policyOverridden)
        json.key("columns")
        json.beginArray()
        for column in trainer.plan.columns {
            json.beginObject()
            json.member("name", column.name)
            json.member("kind", column.kind.word)
            json.member("used", column.leftOut == nil)
            json.member("reason", column.leftOut ?? column.overridden)
            json.member("verdict", column.examination.leakage.verdict.rawValue)
            json.key("evidence")
            json.beginArray()
            for sentence in column.examination.leakage.evidence { json.value(sentence) }
            json.endArray()
            json.endObject()
        }
        json.endArray()
        json.key("holdout")
        json.beginObject()
        json.member("kind", outcome.artifact.card.holdout.kind.rawValue)
        if let figures = outcome.figures { Figures.members(figures, to: &json) }
        json.endObject()
        json.member("refitted", outcome.artifact.card.isRefitted)
        json.endObject()
        return json.bytes
    }
}

/// Measures for people and programs.
enum Figures {
    static func describe(_ figures: QualityFigures) {
        for figure in figures.figures {
            let name = padded(figure.measure.rawValue, 18)
            guard let value = figure.value else {
                Terminal.say("  \(name)not measurable on these rows")
                continue
            }
            let interval =
                figure.interval.map { "  \(decimals($0.lowerBound, 4)) to \(decimals($0.upperBound, 4))" } ?? ""
            Terminal.say("  \(name)\(decimals(value, 4))\(interval)")
        }
    }

    /// Rows, positives, one member a measure and their intervals.
    static func members(_ figures: QualityFigures, to json: inout JSONWriter) {
        json.member("rows", figures.rows)
        json.member("positives", figures.positives)
        for figure in figures.figures {
            json.key(figure.measure.rawValue)
            json.value(figure.value)
        }
        json.key("intervals_90")
        json.beginObject()
        for figure in figures.figures {
            json.key(figure.measure.rawValue)
            json.value(figure.interval)
        }
        json.endObject()
    }

    static func decimals(_ value: Double, _ places: Int) -> String {
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let text = "\((value * scale).rounded() / scale)"
        let fraction = text.split(separator: ".").last?.count ?? 0
        return text.contains("e") ? text : text + String(repeating: "0", count: max(0, places - fraction))
    }

    static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
