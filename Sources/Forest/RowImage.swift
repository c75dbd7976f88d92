/// The row as the kernels read it, so that a split is one comparison without asking whether a value is missing.
///
/// One copy of the row for each way of meeting what is missing, each a *view*, and last one -inf that leaves compare with
/// +inf to stay where they are. Missing as +inf goes right at every split, as -inf goes left. XGBoost needs these two; a
/// LightGBM model adds the views that its missing types ask for. Splits that no view can express ask a ``SpecialTest``.
struct RowImage: Sendable {
    enum View: UInt8, Sendable, Hashable {
        /// NaN goes right.
        case nanHigh
        /// NaN goes left.
        case nanLow
        /// NaN is 0 (LightGBM's missing type None).
        case nanZero
        /// NaN and 0 go right (LightGBM's missing type Zero).
        case zeroHigh
        /// NaN and 0 go left.
        case zeroLow
        /// NaN is +inf, all else 0: for LightGBM's splits at +inf, which ask only whether a value is there.
        case nanMark
        /// NaN and 0 are +inf, all else 0.
        case zeroMark
    }

    let featureCount: Int
    let views: [View]

    /// LightGBM takes every value up to this magnitude for 0 before it looks at a split (`kZeroThreshold`, a `Float`, in
    /// `src/application/predictor.hpp` and `include/LightGBM/tree.h`); `nil` for XGBoost.
    private let largestZero: Double?

    /// The two views of XGBoost.
    init(featureCount: Int) {
        self.featureCount = featureCount
        views = [.nanHigh, .nanLow]
        largestZero = nil
    }

    /// The views that a LightGBM model uses.
    init(featureCount: Int, lightGBM views: [View]) {
        self.featureCount = featureCount
        self.views = views
        largestZero = Double(1e-35 as Float)
    }

    /// Values of an image.
    var count: Int { views.count * featureCount + 1 }

    /// Where leaves look: the value there is -inf.
    var restSlot: UInt32 { UInt32(views.count * featureCount) }

    /// Where a split of XGBoost looks, given where its missing values go.
    static func slot(feature: Int32, defaultLeft: Bool, featureCount: Int) -> UInt32 {
        UInt32(feature) + (defaultLeft ? UInt32(featureCount) : 0)
    }

    /// Where a split looks that meets what is missing in this way. The view is one of ``views``.
    func slot(feature: Int32, _ view: View) -> UInt32 {
        UInt32(feature) + UInt32((views.firstIndex(of: view) ?? 0) * featureCount)
    }

    @inline(__always)
    func fill<Scalar: TreeScalar>(_ image: inout MutableSpan<Scalar>, from row: Span<Scalar>) {
        precondition(row.count == featureCount && image.count >= count)
        guard let largestZero else { return fillPlain(&image, from: row) }
        let zero = Scalar(nearest: largestZero)
        for (position, view) in views.enumerated() {
            let start = position * featureCount
            for index in 0..<featureCount {
                var value = row[index]
                let isZero = value.magnitude <= zero
                if isZero { value = 0 }
                switch view {
                case .nanHigh: if value.isNaN { value = .infinity }
                case .nanLow: if value.isNaN { value = -.infinity }
                case .nanZero: if value.isNaN { value = 0 }
                case .zeroHigh: if isZero || value.isNaN { value = .infinity }
                case .zeroLow: if isZero || value.isNaN { value = -.infinity }
                case .nanMark: value = value.isNaN ? .infinity : 0
                case .zeroMark: value = isZero || value.isNaN ? .infinity : 0
                }
                image[start + index] = value
            }
        }
        image[count - 1] = -.infinity
    }

    @inline(__always)
    private func fillPlain<Scalar: TreeScalar>(_ image: inout MutableSpan<Scalar>, from row: Span<Scalar>) {
        let count = row.count
        for index in 0..<count {
            let value = unsafe row[unchecked: index]
            let isMissing = value.isNaN
            unsafe image[unchecked: index] = isMissing ? .infinity : value
            unsafe image[unchecked: count &+ index] = isMissing ? -.infinity : value
        }
        unsafe image[unchecked: 2 &* count] = -.infinity
    }

    /// Runs `body` on the prepared row: on the stack where it has up to 129 values (64 features of XGBoost), on the heap
    /// beyond.
    @inline(__always)
    func withImage<Scalar: TreeScalar, Result>(
        of row: Span<Scalar>, _ body: (Span<Scalar>, Span<Scalar>) -> Result
    ) -> Result {
        guard count <= 129 else {
            var image = [Scalar](repeating: 0, count: count)
            var target = image.mutableSpan
            fill(&target, from: row)
            return body(image.span, row)
        }
        var image = [129 of Scalar](repeating: 0)
        var target = image.mutableSpan
        fill(&target, from: row)
        return body(image.span, row)
    }
}
