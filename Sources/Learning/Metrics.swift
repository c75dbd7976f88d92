/// Measures of a model's probabilities against what came true. Only ever of rows that it was not trained on.
///
/// Every function takes as many labels as probabilities; an empty input, or one class where two are needed, gives nil.
public enum Metrics {
    /// Area under the ROC curve: the chance that a positive stands above a negative, ties counting half.
    public static func auc(probabilities: [Double], labels: [Bool]) -> Double? {
        measure(.auc, probabilities, labels)
    }

    /// Σ (recall step × precision) from the highest probability down, ties in one step, as scikit-learn defines it.
    public static func averagePrecision(probabilities: [Double], labels: [Bool]) -> Double? {
        measure(.averagePrecision, probabilities, labels)
    }

    /// Mean −log of the probability given to what happened; probabilities are cut to 2.2e-16 from 0 and 1.
    public static func logLoss(probabilities: [Double], labels: [Bool]) -> Double? {
        measure(.logLoss, probabilities, labels)
    }

    /// Mean squared error of the probability.
    public static func brier(probabilities: [Double], labels: [Bool]) -> Double? {
        measure(.brier, probabilities, labels)
    }

    /// Expected calibration error over ten bins of equal width: Σ share × |mean probability − rate|.
    public static func ece(probabilities: [Double], labels: [Bool]) -> Double? {
        measure(.ece, probabilities, labels)
    }

    /// Share of rows on the right side of one half; a probability of one half says yes.
    public static func accuracy(probabilities: [Double], labels: [Bool]) -> Double? {
        measure(.accuracy, probabilities, labels)
    }

    /// How many times the average rate the top tenth of rows holds; rows tied at the cut count in proportion.
    public static func liftAt10(probabilities: [Double], labels: [Bool]) -> Double? {
        measure(.liftAt10, probabilities, labels)
    }

    private static func measure(_ measure: Measure, _ probabilities: [Double], _ labels: [Bool]) -> Double? {
        RankedOutcomes(probabilities: probabilities, labels: labels).measures()[measure] ?? nil
    }
}
