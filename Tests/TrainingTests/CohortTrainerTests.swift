import Features
import Leads
import Learning
import TestSupport
import Testing

@testable import Training

private let day: Int64 = 86_400_000
private let start: Int64 = 1_750_000_000_000

/// Leads whose chance of being won their features tell, as a store would hold them.
private struct SimulatedStore {
    /// Looked at after this many days.
    var days: Int64 = 300
    var leads = 1_200
    var candidates: [LabelCandidate] = []

    init(days: Int64 = 300, leads: Int = 1_200, seed: UInt64 = 1) {
        self.days = days
        self.leads = leads
        var generator = SplitMix64(seed: seed)
        for lead in 0..<leads {
            let vector = VectorFactory.random(seed: seed &* 100_003 &+ UInt64(lead))
            var logOdds = -2.6
            if vector.bool(.isPreApproved) == true { logOdds += 1.6 }
            if vector.bool(.showsUrgencySignals) == true { logOdds += 1.2 }
            logOdds += 1.5 * (vector.number(.financingReadinessScore) ?? 0.3)
            let isWon = Double.random(in: 0..<1, using: &generator) < Metrics.logistic(logOdds)
            let wonAfter = Int64(generator.index(below: 60)) * day
            let came = start + Int64(generator.index(below: Int(days * day)))
            candidates.append(
                LabelCandidate(
                    leadKey: LabelCandidate.key(ofLead: "lead \(lead)"), scoredAt: Timestamp(milliseconds: came),
                    features: vector, modelSHA256: "", probability: 0.2,
                    firstWonAt: isWon ? Timestamp(milliseconds: came + wonAfter) : nil))
        }
    }

    func cohort() throws -> LabelledCohort {
        var collector = LabelCollector(window: .standard, asOf: Timestamp(milliseconds: start + days * day))
        for candidate in candidates { try collector.add(candidate) }
        return collector.cohort()
    }
}

extension Metrics {
    fileprivate static func logistic(_ x: Double) -> Double {
        Calibration(
            slope: 1, intercept: 0,
            covariance: Calibration.Covariance(slopeSlope: 0, slopeIntercept: 0, interceptIntercept: 0),
            refitVariance: nil, bands: [], positives: 1, count: 2
        ).probability(ofMargin: x)
    }
}

@Suite(.timeLimit(.minutes(5)))
struct CohortTrainerTests {
    private static func options() -> TrainingOptions {
        var options = TrainingOptions(label: "")
        options.name = "from the store"
        // The first settings of the search, and no more: the same on a slow machine.
        options.budget = .zero
        options.leastBudget = .seconds(86_400)
        return options
    }

    @Test func `stored leads make the table that a file of the 28 features would`() throws {
        let cohort = try SimulatedStore(leads: 60).cohort()
        let table = RawTable(leads: cohort.rows)
        #expect(table.rowCount == cohort.rows.count && table.names.count == 30)
        #expect(ColumnExamination.areLeadFeatures(table.names))
        let row = try #require(cohort.rows.first)
        for feature in Feature.allCases {
            let text = table.columns[feature.rawValue].text(row: 0)
            #expect(row.features.isMissing(feature) == text.isEmpty)
            if let number = row.features.number(feature) { #expect(Double(text) == number) }
            if let word = row.features.category(feature) { #expect(text == word) }
        }
        #expect(table.columns[28].text(row: 0) == (row.isPositive ? "yes" : "no"))
        #expect(Timestamp(rfc3339: table.columns[29].text(row: 0)) == row.scoredAt)
        #expect(RawTable(leads: cohort.rows).sha256 == table.sha256)
        #expect(RawTable(leads: Array(cohort.rows.dropLast())).sha256 != table.sha256)
    }

    /// Nearly half of the leads are younger than the window: trained on their labels as they stand the model would
    /// promise more wins than there are.
    @Test func `a model from the store ranks, knows the rate of all leads, and says what was done`() throws {
        let store = SimulatedStore(days: 200)
        let cohort = try store.cohort()
        let trainer = try CohortTrainer(cohort: cohort, options: Self.options())
        let outcome = try trainer.run(against: nil)
        let slice = try #require(outcome.slice)
        #expect(slice.windowsHaveEnded && slice.rows.allSatisfy(\.windowHasEnded))
        let newestTrained = try #require(slice.training.last)
        #expect(slice.rows.allSatisfy { $0.scoredAt >= newestTrained.scoredAt })
        #expect(try #require(outcome.figures?[.auc]) > 0.6)
        let shift = try #require(outcome.shift)
        #expect(shift.logOdds < 0)

        let artifact = outcome.artifact
        #expect(artifact.card.rows == cohort.rows.count && artifact.card.holdout.kind == .newest)
        #expect(artifact.card.isRefitted && artifact.card.holdout.figures == outcome.figures)
        let notes = artifact.card.notes.joined(separator: "\n")
        #expect(notes.contains("\(cohort.counts.censored) leads are left out") && notes.contains("moved by"))
        #expect(!notes.contains("Nothing was held out"))
        #expect(artifact.card.settings.contains(ModelCard.Setting(name: "label_window", value: "90d")))

        // Everything is known of the simulated leads: what the model says of all of them against what came of them.
        let all = store.candidates.compactMap { candidate in
            candidate.features.map {
                LabelledCohort.Row(
                    leadKey: candidate.leadKey, scoredAt: candidate.scoredAt, features: $0,
                    isPositive: candidate.firstWonAt != nil, decidedAfter: .zero, windowHasEnded: true)
            }
        }
        let truth = Double(all.count { $0.isPositive }) / Double(all.count)
        let said = try LeadProbabilities.of(all, by: artifact).reduce(0, +) / Double(all.count)
        let observed = Double(cohort.counts.won) / Double(cohort.counts.rows)
        #expect(observed / truth > 1.15, "observed \(observed), truth \(truth)")
        #expect(abs(said / truth - 1) < 0.12, "said \(said), truth \(truth)")
    }

    @Test func `the same leads give the same model, whatever the order they come in`() throws {
        var store = SimulatedStore(leads: 400)
        let first = try CohortTrainer(cohort: store.cohort(), options: Self.options()).run().artifact
        store.candidates.reverse()
        let second = try CohortTrainer(cohort: store.cohort(), options: Self.options()).run().artifact
        #expect(first.sha256 == second.sha256)
    }

    @Test func `a challenger is compared with the champion on the slice that it did not see`() throws {
        let cohort = try SimulatedStore(leads: 500).cohort()
        let trainer = try CohortTrainer(cohort: cohort, options: Self.options())
        let champion = try trainer.run().artifact
        let again = try trainer.run(against: champion)
        let comparison = try #require(again.comparison)
        // The champion was trained on these very rows: it is hard to beat, and the outcome says that it has seen them.
        #expect(again.rowsSeenByChampion == comparison.rows && comparison.verdict != .better)
        #expect(comparison.rows == again.slice?.rows.count)
        let difference = try #require(comparison.challengerLogLoss) - #require(again.figures?[.logLoss])
        #expect(abs(difference) < 1e-12)
    }

    /// A store of wins only, for no window has ended and no loss was told: nothing can be learned from one class.
    @Test func `too few leads of a kind are refused with what is missing`() throws {
        let cohort = try SimulatedStore(days: 80, leads: 500).cohort()
        #expect(cohort.counts.expired == 0 && cohort.counts.lost == 0)
        #expect {
            _ = try CohortTrainer(cohort: cohort, options: Self.options())
        } throws: { error in
            (error as? TableError)?.message.contains("0 more won and 5 more others are needed") ?? false
        }
    }
}
