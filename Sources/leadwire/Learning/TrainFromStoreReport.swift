import JSONBytes
import Leads
import Learning
import Training

/// What `train --from-store` tells people and programs.
enum TrainFromStoreReport {
    static func describe(_ cohort: LabelledCohort) {
        let counts = cohort.counts
        Terminal.say("\(counts.scores) scores of \(counts.leads) leads that were open when they were scored")
        if counts.resolvedScores > 0 {
            Terminal.say("  \(counts.resolvedScores) scores stand after an outcome of their lead: already resolved")
        }
        if counts.scoresWithoutFeatures > 0 {
            Terminal.say("  \(counts.scoresWithoutFeatures) scores are of a model on its own table: without features")
        }
        Terminal.say("  \(counts.won) leads won within the window, \(counts.lost) lost or abandoned")
        Terminal.say("  \(counts.expired) leads not won when their window ended")
        Terminal.say("  \(counts.censored) leads left out: their window is open and nothing is known")
        Terminal.say("\(counts.rows) rows to learn from, one a lead")
        guard let rate = cohort.baseRate else { return }
        Terminal.say("  won among them: \(percent(rate.observed))")
        guard counts.censored > 0 else { return }
        Terminal.say("  won among all leads, by estimate: \(percent(rate.estimated))")
    }

    static func describe(_ outcome: CohortTrainer.Outcome, of cohort: LabelledCohort) {
        Terminal.say("\(outcome.rounds) trees, settings \"\(outcome.settings)\", \(outcome.triedSettings) tried")
        if let slice = outcome.slice, let figures = outcome.figures {
            let which =
                slice.windowsHaveEnded
                ? "the newest leads whose window has ended"
                : "the newest leads with an early outcome, for too few windows have ended"
            Terminal.say("Hold-out, \(which): \(figures.rows) rows, \(figures.positives) positive, 90% intervals")
            Figures.describe(figures)
            Terminal.say("The model was then trained again on all rows; the figures belong to the run before.")
        } else {
            Terminal.say("Nothing was held out: the quality of this model is unmeasured.")
        }
        if let shift = outcome.shift {
            Terminal.say(
                "Probabilities were moved by \(Figures.decimals(shift.logOdds, 3)) in log-odds, to the rate of all "
                    + "leads; the figures above were measured before")
        }
        guard let comparison = outcome.comparison else { return }
        let difference = comparison.difference.map { Figures.decimals($0, 4) } ?? "unknown"
        let interval =
            comparison.interval.map {
                ", 90% interval \(Figures.decimals($0.lowerBound, 4)) to \(Figures.decimals($0.upperBound, 4))"
            } ?? ""
        Terminal.say(
            "Against the other model, \(comparison.rows) rows: log loss differs by \(difference)\(interval): "
                + comparison.verdict.rawValue)
        if outcome.rowsSeenByChampion > 0 {
            Terminal.say("  it may have been trained on \(outcome.rowsSeenByChampion) of these rows")
        }
    }

    static func json(
        _ outcome: CohortTrainer.Outcome, of cohort: LabelledCohort, champion: ModelArtifact?, path: String
    ) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("model", outcome.artifact.card.name)
        json.member("sha256", outcome.artifact.sha256)
        json.member("out", path)
        json.member("as_of", cohort.asOf.description)
        json.member("label_window_days", Double(cohort.window.length / .seconds(1)) / 86_400)
        json.key("labels")
        json.beginObject()
        cohort.counts.encodeMembers(to: &json)
        json.endObject()
        json.member("base_rate_observed", cohort.baseRate?.observed)
        json.member("base_rate_estimated", cohort.baseRate?.estimated)
        json.member("log_odds_shift", outcome.shift?.logOdds)
        json.member("rows", cohort.counts.rows)
        json.member("positives", cohort.counts.won)
        json.member("rounds", outcome.rounds)
        json.key("holdout")
        json.beginObject()
        json.member("kind", outcome.artifact.card.holdout.kind.rawValue)
        if let slice = outcome.slice, let figures = outcome.figures {
            json.member("windows_have_ended", slice.windowsHaveEnded)
            json.member("from", slice.rows.first?.scoredAt.description)
            json.member("to", slice.rows.last?.scoredAt.description)
            Figures.members(figures, to: &json)
        }
        json.endObject()
        json.key("against")
        if let champion { against(champion, outcome, cohort, to: &json) } else { json.null() }
        json.endObject()
        return json.bytes
    }

    /// What kept a model from being made.
    static func json(_ error: TableError) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("error", error.code.rawValue)
        json.member("message", error.description)
        json.endObject()
        return json.bytes
    }

    /// `sha256`, `calibration` (whether what it said came true), `rows_it_may_have_seen`, and `comparison`: null, with the
    /// `reason`, where there is none.
    private static func against(
        _ champion: ModelArtifact, _ outcome: CohortTrainer.Outcome, _ cohort: LabelledCohort, to json: inout JSONWriter
    ) {
        json.beginObject()
        json.member("sha256", champion.sha256)
        json.key("calibration")
        cohort.calibration(of: champion.sha256).encode(to: &json)
        json.member("rows_it_may_have_seen", outcome.rowsSeenByChampion)
        json.key("comparison")
        if let comparison = outcome.comparison {
            comparison.encode(to: &json)
            json.key("reason")
            json.null()
        } else {
            json.null()
            json.member(
                "reason",
                outcome.slice == nil
                    ? "nothing was held out: too few rows" : "too few windows have ended: early deciders would judge")
        }
        json.endObject()
    }

    private static func percent(_ share: Double) -> String { Figures.decimals(share * 100, 1) + "%" }
}
