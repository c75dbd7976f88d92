public import Learning

/// What a model says of one row, before class, price and words.
public struct Prediction: Sendable {
    /// Log-odds before calibration.
    public var margin: Float
    /// The forest's expected margin; with the contributions it adds up to the margin, to 1e-5.
    public var baseValue: Double
    /// Exact SHAP values in model order, masked positions included (they are 0).
    public var contributions: [Double]
    public var assessment: Assessment
}
