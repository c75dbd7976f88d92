public import Learning

/// The newest leads of a cohort, kept from training so that something can be measured.
///
/// Taken from the leads whose window has ended: among those every one has its label, so the share of wins is the true
/// one. Younger leads have a label only if they were won or lost early, and figures from them would be of early deciders.
public struct HoldoutSlice: Sendable {
    /// Below so many rows nothing is held out.
    public static let minimumRows = 20

    /// Older than every row of ``rows``.
    let training: [LabelledCohort.Row]
    /// By moment.
    public let rows: [LabelledCohort.Row]
    /// False in a young store, where too few windows have ended: then ``rows`` are of those that were decided early.
    public let windowsHaveEnded: Bool

    public var positives: Int { rows.count { $0.isPositive } }

    /// nil where too few rows would be left on either side.
    init?(cohort: LabelledCohort, share: Double) {
        let ended = cohort.rows.filter(\.windowHasEnded)
        if let slice = Self(newest: share, of: ended, windowsHaveEnded: true) {
            self = slice
        } else if let slice = Self(newest: share, of: cohort.rows, windowsHaveEnded: false) {
            self = slice
        } else {
            return nil
        }
    }

    /// `rows` stand by moment.
    private init?(newest share: Double, of rows: [LabelledCohort.Row], windowsHaveEnded: Bool) {
        let count = Int((Double(rows.count) * share).rounded())
        let training = Array(rows.dropLast(count))
        let positives = training.count { $0.isPositive }
        guard count >= Self.minimumRows, min(positives, training.count - positives) >= Trainer.minimumClassRows else {
            return nil
        }
        self.training = training
        self.rows = Array(rows.suffix(count))
        self.windowsHaveEnded = windowsHaveEnded
    }
}
