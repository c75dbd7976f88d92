extension Forest {
    /// Reads a model of LightGBM 2.3 to 4.x that was saved as text (format v3 or v4).
    ///
    /// Numeric and categorical splits, every missing type, gbdt, dart, goss and rf, one output. Early stopping needs no
    /// option: LightGBM saves the best iterations only.
    /// - Throws: ``ForestError`` that says what is wrong and where; linear trees and several outputs are refused by name.
    public init(lightGBM bytes: [UInt8], limits: Limits = Limits()) throws(ForestError) {
        try self.init(lightGBM: bytes, limits: limits, layout: .fastest)
    }

    package init(lightGBM bytes: [UInt8], limits: Limits, layout: LayoutChoice) throws(ForestError) {
        self.init(try LightGBMModel(bytes, limits: limits), layout: layout)
    }

    /// Reads a model file of either library; which one its first bytes say.
    ///
    /// - Throws: ``ForestError``.
    public init(file bytes: [UInt8], limits: Limits = Limits()) throws(ForestError) {
        if LightGBMText.recognizes(bytes) {
            try self.init(lightGBM: bytes, limits: limits)
        } else {
            try self.init(xgboost: bytes, limits: limits)
        }
    }
}
