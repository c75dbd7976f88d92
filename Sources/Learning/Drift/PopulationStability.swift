#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// How serious a change is.
public enum DriftVerdict: String, Sendable, Hashable, CaseIterable {
    case ok
    /// Look at it.
    case watch
    /// The model may be wrong for what comes in now.
    case act
    /// Too few rows, or nothing to compare with.
    case unknown

    private var rank: Int {
        switch self {
        case .unknown: 0
        case .ok: 1
        case .watch: 2
        case .act: 3
        }
    }

    /// The more serious of two.
    public static func worse(_ first: DriftVerdict, _ second: DriftVerdict) -> DriftVerdict {
        first.rank >= second.rank ? first : second
    }
}

/// The population stability index of one quantity: Σ (now − then) × ln(now / then) over bins, each count raised by one
/// half so that an empty bin stays finite.
///
/// Even without any change chance alone gives an index of about (bins − 1) × (1/n then + 1/n now): ``noise``. The verdict
/// goes by what exceeds it, with the usual bounds of 0.1 and 0.25.
/// - SeeAlso: Yurdakul, Naranjo 2020, "Statistical properties of the population stability index", Journal of Risk Model
///   Validation 14(4) (the distribution without change).
public struct PopulationStability: Sendable, Hashable {
    public static let watchFrom = 0.1
    public static let actFrom = 0.25
    /// 1 / (1/n then + 1/n now) must reach this: with both at 200 rows and ten bins the noise has a standard deviation of
    /// 0.04, well below the first bound.
    public static let minimumEffectiveRows = 100.0

    public let psi: Double
    /// What chance alone would give.
    public let noise: Double
    public let verdict: DriftVerdict

    /// - Precondition: as many counts then as now.
    public init(then: [Int], now: [Int]) {
        precondition(then.count == now.count, "the same bins then and now")
        let thenTotal = Double(then.reduce(0, +))
        let nowTotal = Double(now.reduce(0, +))
        // A bin that neither side fills tells nothing and costs no degree of freedom.
        let used = then.indices.filter { then[$0] > 0 || now[$0] > 0 }
        guard thenTotal > 0, nowTotal > 0 else {
            (psi, noise, verdict) = (0, 0, .unknown)
            return
        }
        let half = Double(used.count) / 2
        psi = used.reduce(0) { sum, bin in
            let before = (Double(then[bin]) + 0.5) / (thenTotal + half)
            let after = (Double(now[bin]) + 0.5) / (nowTotal + half)
            return sum + (after - before) * log(after / before)
        }
        noise = Double(used.count - 1) * (1 / thenTotal + 1 / nowTotal)
        guard 1 / (1 / thenTotal + 1 / nowTotal) >= Self.minimumEffectiveRows else {
            verdict = .unknown
            return
        }
        let excess = psi - noise
        verdict = excess > Self.actFrom ? .act : excess > Self.watchFrom ? .watch : .ok
    }
}
