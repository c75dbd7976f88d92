import Learning

/// What the card of a model from a store says beside the trainer's own: where the labels come from, what was held out,
/// and what was moved.
struct CohortCard {
    let cohort: LabelledCohort
    let slice: HoldoutSlice?
    let figures: QualityFigures?
    let shift: PriorShift?

    /// The trainer's card with the figures, the setting and the sentences of this run.
    func written(on card: ModelCard) -> ModelCard {
        var card = card
        card.settings.append(ModelCard.Setting(name: "label_window", value: Self.text(of: cohort.window)))
        card.notes.insert(labels, at: 0)
        if let slice, let figures {
            card.holdout = ModelCard.Holdout(kind: .newest, figures: figures)
            card.isRefitted = true
            // The trainer was given no rows to hold out and says so; they were held out here.
            card.notes.removeAll { $0.hasPrefix("Nothing was held out") }
            card.notes.append(measured(slice))
        }
        if let rate { card.notes.append(rate) }
        return card
    }

    private var labels: String {
        let counts = cohort.counts
        return """
            Learned from \(counts.rows) leads of the store, one score each, with the features stored when it was made: \
            \(counts.won) won within \(Self.text(of: cohort.window)), \(counts.lost) lost or abandoned, \
            \(counts.expired) not won when their window ended. \(counts.censored) leads are left out, for their window \
            is open.
            """
    }

    private func measured(_ slice: HoldoutSlice) -> String {
        let trained = "by a model of the \(slice.training.count) older ones"
        let which =
            slice.windowsHaveEnded
            ? "the newest leads whose window has ended"
            : "the newest leads with an early outcome, for too few windows have ended: their share of wins is not that "
                + "of all leads"
        return "The hold-out figures are of \(which), \(trained); then the model was trained again on all."
    }

    /// Nothing where every label is known.
    private var rate: String? {
        guard let rate = cohort.baseRate, cohort.counts.censored > 0 else { return nil }
        let figures = """
            Of the leads with a label \(Self.percent(rate.observed)) are won; of all leads, those with an open window \
            included, \(Self.percent(rate.estimated)) by estimate (inverse probability of censoring weights).
            """
        guard let shift else { return figures }
        return figures + """
             All probabilities and the hot cut were moved by \(Self.decimals(shift.logOdds, 3)) in log-odds for it; the \
            hold-out figures were measured before.
            """
    }

    /// `90d`, or seconds where it is no whole number of days.
    static func text(of window: LabelWindow) -> String {
        let seconds = window.length.components.seconds
        return seconds % 86_400 == 0 ? "\(seconds / 86_400)d" : "\(seconds)s"
    }

    private static func percent(_ share: Double) -> String { decimals(share * 100, 1) + "%" }

    private static func decimals(_ value: Double, _ places: Int) -> String {
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        return CellText.spelling(of: (value * scale).rounded() / scale)
    }
}
