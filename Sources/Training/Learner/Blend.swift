/// A weighted mean, in margins, of models of several kinds: what one errs on another may know, and a mean of additive
/// forests is an additive forest.
struct Blend: Sendable {
    /// A model as the folds found it.
    struct Member: Sendable, Hashable {
        enum Kind: Sendable, Hashable {
            /// The base rate, or the prior: no row differs beyond that.
            case constant
            case scorecard(penalty: Double)
            case boosted(BoosterSettings, rounds: Int)
        }

        var kind: Kind
        /// How much of the prior's margin it starts from.
        var priorShare: Double

        var name: String {
            let start = priorShare > 0 ? " on \(Self.percent(priorShare)) prior" : ""
            switch kind {
            case .constant: return priorShare > 0 ? "\(Self.percent(priorShare)) prior" : "base rate"
            case .scorecard(let penalty): return "scorecard, penalty \(penalty)" + start
            case .boosted(let settings, let rounds): return "\(settings.name), \(rounds) rounds" + start
            }
        }

        var isBoosted: Bool { if case .boosted = kind { true } else { false } }

        static func percent(_ share: Double) -> String { "\(Int((share * 100).rounded()))%" }
    }

    /// Members with their weights, which add up to 1, heaviest first.
    let parts: [(member: Member, weight: Double)]
    let result: CrossResult

    /// More forests would make a score slower, not better.
    static let maximumForests = 3
    /// Picks of the greedy choice; each counts 1/picks of the weight.
    private static let picks = 20

    /// Parts with known weights, and what their folds say.
    init(parts: [(member: Member, weight: Double)], results: [CrossResult]) {
        self.parts = parts
        result = Self.mean(results, parts.map(\.weight))
    }

    /// Takes again and again the candidate that lowers the loss of the mean over left-out rows most: few picks of equal
    /// weight can't fit chance as free weights would.
    ///
    /// - Parameters:
    ///   - candidates: what there is to choose from.
    ///   - labels: one a row, true for a positive.
    ///   - judged: the margins that a result is judged by.
    /// - SeeAlso: Caruana et al. 2004, "Ensemble Selection from Libraries of Models", doi:10.1145/1015330.1015432.
    init(
        choosingFrom candidates: [(member: Member, result: CrossResult)], labels: [Bool],
        judged: (CrossResult) -> [Double] = { $0.margins }
    ) {
        let judged = candidates.map { judged($0.result) }
        var counts = Self.counts(judged, labels, allowed: Array(candidates.indices))
        let forests = candidates.indices.filter { candidates[$0].member.isBoosted && counts[$0] > 0 }
        if forests.count > Self.maximumForests {
            let kept = forests.sorted { (counts[$1], $0) < (counts[$0], $1) }.prefix(Self.maximumForests)
            counts = Self.counts(
                judged, labels,
                allowed: candidates.indices.filter { !candidates[$0].member.isBoosted || kept.contains($0) })
        }
        let total = Double(counts.reduce(0, +))
        let chosen = candidates.indices.filter { counts[$0] > 0 }.sorted { (counts[$1], $0) < (counts[$0], $1) }
        self.init(
            parts: chosen.map { (candidates[$0].member, Double(counts[$0]) / total) },
            results: chosen.map { candidates[$0].result })
    }

    /// How often each candidate is picked.
    private static func counts(_ margins: [[Double]], _ labels: [Bool], allowed: [Int]) -> [Int] {
        var counts = [Int](repeating: 0, count: margins.count)
        var best = (loss: Double.infinity, counts: counts)
        var sum = [Double](repeating: 0, count: labels.count)
        for pick in 1...picks {
            var choice = (index: -1, loss: Double.infinity)
            for candidate in allowed {
                var loss = 0.0
                for row in sum.indices {
                    loss += LogLoss.of(margin: (sum[row] + margins[candidate][row]) / Double(pick), label: labels[row])
                }
                if loss < choice.loss { choice = (candidate, loss) }
            }
            guard choice.index >= 0 else { break }
            counts[choice.index] += 1
            for row in sum.indices { sum[row] += margins[choice.index][row] }
            if choice.loss < best.loss { best = (choice.loss, counts) }
        }
        return best.counts
    }

    /// The result as if every fold's models stood as high as one of all rows. A model that doesn't see a good year starts
    /// lower, and would make that year look better still.
    func result(atLevelOf task: LearningTask) -> CrossResult {
        guard let stretches = task.stretches else { return result }
        func level(_ rows: [Int]) -> Double {
            parts.reduce(0) {
                $0 + $1.weight * task.base(priorShare: $1.member.priorShare, fittedTo: rows).intercept
            }
        }
        let all = level(task.rows)
        let lifts = (0..<task.foldCount).map { fold in
            all - level(task.places(partition: 0, fold: fold).outside.map { task.rows[$0] })
        }
        return CrossResult(
            margins: zip(result.margins, stretches).map { $0 + lifts[$1] },
            foldMargins: zip(result.foldMargins, lifts).map { margins, lift in margins.map { $0 + lift } })
    }

    private static func mean(_ results: [CrossResult], _ weights: [Double]) -> CrossResult {
        func mean(_ lists: [[Double]]) -> [Double] {
            lists[0].indices.map { row in zip(lists, weights).reduce(0) { $0 + $1.0[row] * $1.1 } }
        }
        return CrossResult(
            margins: mean(results.map(\.margins)),
            foldMargins: results[0].foldMargins.indices.map { fold in mean(results.map { $0.foldMargins[fold] }) })
    }

    /// For people and the card: `60% depth 3, 85 rounds; 40% scorecard, penalty 10.0`.
    var description: String {
        parts.map { "\(Member.percent($0.weight)) \($0.member.name)" }.joined(separator: "; ")
    }
}
