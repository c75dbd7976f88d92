/// The width of a forest's numbers: `Float` as XGBoost computes, `Double` as LightGBM does. Layouts and kernels are
/// written once and specialised for both.
protocol TreeScalar: BinaryFloatingPoint, SIMDScalar, Codable, Sendable
where
    SIMD4Storage: Sendable, SIMD8Storage: Sendable, SIMD16Storage: Sendable, SIMD64Storage: Sendable
{
    /// The nearest value of this width. A requirement, so that hot loops call no generic conversion.
    init(nearest value: Double)

    /// The same number, exactly.
    var widened: Double { get }
}

extension Float: TreeScalar {
    @inline(__always)
    init(nearest value: Double) { self = Float(value) }

    @inline(__always)
    var widened: Double { Double(self) }
}

extension Double: TreeScalar {
    @inline(__always)
    init(nearest value: Double) { self = value }

    @inline(__always)
    var widened: Double { self }
}
