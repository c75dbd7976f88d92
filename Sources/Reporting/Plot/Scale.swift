#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// From values to places on a drawing, straight.
struct Scale {
    let domain: ClosedRange<Double>
    let start: Double
    let end: Double

    /// A domain without width is given some, so that everything has a place.
    init(_ domain: ClosedRange<Double>, from start: Double, to end: Double) {
        let width = domain.upperBound - domain.lowerBound
        self.domain = width > 0 ? domain : domain.lowerBound - 0.5...domain.upperBound + 0.5
        self.start = start
        self.end = end
    }

    /// Values outside of the domain stand at its ends.
    func callAsFunction(_ value: Double) -> Double {
        let share = (value - domain.lowerBound) / (domain.upperBound - domain.lowerBound)
        return start + min(1, max(0, share)) * (end - start)
    }

    /// Round values inside the domain, about as many as asked for: steps of 1, 2 or 5 times a power of ten.
    func ticks(_ count: Int) -> [Double] {
        let width = domain.upperBound - domain.lowerBound
        let rough = width / Double(max(1, count))
        let power = pow(10, floor(log10(rough)))
        let step = [1.0, 2, 5, 10].map { $0 * power }.first { $0 >= rough * 0.999 } ?? 10 * power
        let first = (domain.lowerBound / step).rounded(.up)
        let last = (domain.upperBound / step + 1e-9).rounded(.down)
        guard first <= last else { return [] }
        return stride(from: first, through: last, by: 1).map { $0 == 0 ? 0 : $0 * step }
    }
}
