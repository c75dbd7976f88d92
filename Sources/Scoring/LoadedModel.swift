import Features
import Forest
import Leads
import Learning
import Synchronization

/// A model in service: the artifact, what is computed from it once, and the scratch space that explaining needs.
/// A request takes the model once, at its start, and keeps it: a swap never tears a score.
final class LoadedModel: Sendable {
    /// Scratch spaces kept for reuse; more than this many requests at once make their own and drop it.
    private static let maximumKeptScratches = 16

    let artifact: ModelArtifact
    let identity: ModelIdentity
    let featureNames: [String]
    /// Positions that may be shown: all but the masked ones.
    let shown: [Int]
    private let scratches = Mutex<[OwnedScratch]>([])
    private let reference: Reference

    /// The scratch is used by one request between taking and returning it, under the pool's lock for both.
    private struct OwnedScratch: @unchecked Sendable {
        let scratch: ShapScratch
    }

    /// The bits that a fixed row must always give.
    private struct Reference: Sendable, Equatable {
        var margin: UInt32
        var contributions: [UInt64]
    }

    /// - Throws: when the forest can't score its own reference row.
    init(_ artifact: ModelArtifact) throws(ForestError) {
        self.artifact = artifact
        identity = ModelIdentity(
            name: artifact.card.name, version: artifact.version, sha256: artifact.sha256,
            priorWeight: artifact.priorWeight)
        featureNames = artifact.schema.featureNames
        switch artifact.schema {
        case .leadFeatures(let plan):
            shown = Feature.allCases.filter { !plan.masked.contains($0) }.map(\.rawValue)
        case .table(let schema):
            shown = schema.columns.indices.filter { !schema.columns[$0].isMasked }
        }
        reference = try Self.reference(artifact.forest, scratch: artifact.forest.makeScratch())
    }

    func margin(of row: [Float]) throws(ForestError) -> Float {
        try artifact.forest.margin(of: row.span)
    }

    /// What it says of an input, without the reasons.
    ///
    /// - Throws: ``ScoringError/noModel`` where it can't assess, ``ScoringError/inference(_:)``.
    func assessment(of input: ModelInput) throws(ScoringError) -> Assessment {
        let margin: Float
        do {
            margin = try self.margin(of: input.row)
        } catch {
            throw .inference(error.description)
        }
        return try assessment(of: input, margin: margin)
    }

    /// `margin` is of the input's row.
    func assessment(of input: ModelInput, margin: Float) throws(ScoringError) -> Assessment {
        let assessment = artifact.assess(
            margin: margin, row: input.row.span, outOfRange: input.outOfRange, unseen: input.unseen)
        guard let assessment else { throw .noModel }
        return assessment
    }

    /// Margins of `rowCount` rows, row by row in `rows`.
    func margins(of rows: [Float], rowCount: Int) throws(ForestError) -> [Float] {
        var margins = [Float](repeating: 0, count: rowCount)
        var span = margins.mutableSpan
        try artifact.forest.margins(of: rows.span, rowCount: rowCount, into: &span)
        return margins
    }

    /// Exact SHAP values in model order.
    func contributions(of row: [Float]) throws(ForestError) -> [Double] {
        let owned = scratches.withLock { $0.popLast() } ?? OwnedScratch(scratch: artifact.forest.makeScratch())
        defer {
            scratches.withLock { if $0.count < Self.maximumKeptScratches { $0.append(owned) } }
        }
        return try Self.contributions(artifact.forest, row, owned.scratch)
    }

    /// Scores the reference row again and compares bits: false means that this process can't be trusted.
    func selfTest() -> Bool {
        let again = try? Self.reference(artifact.forest, scratch: artifact.forest.makeScratch())
        return again == reference
    }

    private static func contributions(
        _ forest: Forest, _ row: [Float], _ scratch: ShapScratch
    ) throws(ForestError) -> [Double] {
        var contributions = [Double](repeating: 0, count: forest.featureCount)
        var span = contributions.mutableSpan
        _ = try forest.explain(row.span, into: &span, scratch: scratch)
        return contributions
    }

    /// Every third value missing, the others small whole numbers: valid as a number, a category and a flag.
    private static func reference(_ forest: Forest, scratch: ShapScratch) throws(ForestError) -> Reference {
        let row = (0..<forest.featureCount).map { $0 % 3 == 2 ? Float.nan : Float($0 % 2) }
        return Reference(
            margin: try forest.margin(of: row.span).bitPattern,
            contributions: try contributions(forest, row, scratch).map(\.bitPattern))
    }
}
