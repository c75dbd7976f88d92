import Foundation
import Forest
import Leads
import Learning
import Testing

struct AssessmentTests {
    private func assess(
        _ artifact: ModelArtifact, _ values: [Float], outOfRange: [Int] = [], unseen: [Int] = []
    ) throws -> Assessment {
        let margin = try artifact.forest.margin(of: values.span)
        let assessment = artifact.assess(margin: margin, row: values.span, outOfRange: outOfRange, unseen: unseen)
        return try #require(assessment)
    }

    @Test func `figures are those of the calibration and the reference`() throws {
        let artifact = try ArtifactFactory.artifact()
        let calibration = try #require(artifact.calibration)
        let assessment = try assess(artifact, [5, 1])
        // Leaves 0.75 and 0.5.
        #expect(close(assessment.probability, calibration.probability(ofMargin: 1.25)))
        #expect(assessment.interval == calibration.interval(ofMargin: 1.25))
        #expect(assessment.mlScore == artifact.reference?.score(ofMargin: 1.25))
        #expect(
            assessment.confidence == calibration.confidence(ofMargin: 1.25, hotCut: artifact.hotCutLogOdds))
        #expect(assessment.supportReason == nil)
        #expect(
            assessment.interval.lower < assessment.probability && assessment.probability < assessment.interval.upper)
    }

    @Test func `a value out of range caps confidence and is named`() throws {
        let artifact = try ArtifactFactory.artifact()
        let assessment = try assess(artifact, [-50, 0], outOfRange: [0])
        // The feature carries 0.75 of the weight: at most 1 − 0.75/2.
        #expect(assessment.confidence == 0.625)
        #expect(assessment.supportReason?.name == "visits" && assessment.supportReason?.cause == .outOfRange)
    }

    @Test func `a missing value counts only where the reference mostly had it`() throws {
        let artifact = try ArtifactFactory.artifact()
        let visits = try assess(artifact, [.nan, 0])
        #expect(visits.confidence <= 0.625 && visits.supportReason?.cause == .missing)
        let channel = try assess(artifact, [-1, .nan])
        #expect(channel.supportReason == nil && channel.confidence > 0.9)
    }

    @Test func `the heaviest of several reasons is named`() throws {
        let artifact = try ArtifactFactory.artifact()
        let assessment = try assess(artifact, [.nan, .nan], unseen: [1])
        #expect(assessment.confidence == 0.5)
        #expect(assessment.supportReason?.name == "visits")
    }

    @Test func `the prior's error is what its rule says`() throws {
        var parts = ArtifactFactory.parts(kind: .prior)
        parts.calibration = nil
        parts.support = []
        parts.hotCutLogOdds = 0.25
        parts.assumed = AssumedUncertainty(missingVariances: [0.07, 0.5])
        let artifact = try ModelArtifact(forest: ArtifactFactory.forest(), parts: parts)
        // Margin −0.5 + 0.5 = 0 with `visits` missing: sd² = 0.3² + 0.07 = 0.16.
        let assessment = try assess(artifact, [.nan, 1])
        #expect(close(assessment.probability, 0.5))
        #expect(close(assessment.confidence, 0.5 * erfc(-(0.25 / 0.4) / 2.0.squareRoot()), 1e-9))
        let reach = 1.6448536269514722 * (0.16 + 0.49).squareRoot()
        #expect(close(assessment.interval.upper, 1 / (1 + exp(-reach)), 1e-9))
        #expect(close(assessment.interval.lower, 1 / (1 + exp(reach)), 1e-9))
    }

    @Test func `without a reference there is no assessment`() throws {
        var parts = ArtifactFactory.parts(kind: .imported)
        parts.reference = nil
        let artifact = try ModelArtifact(forest: ArtifactFactory.forest(), parts: parts)
        let row: [Float] = [1, 1]
        #expect(!artifact.canAssess)
        let assessment = artifact.assess(margin: 0, row: row.span, outOfRange: [], unseen: [])
        #expect(assessment == nil)
    }
}
