import Features
import Leads
import Learning

/// One request made ready for the forest: the row, and what has to be said about it.
struct ModelInput: Sendable {
    var row: [Float]
    var subject: ScoreSubject
    /// As extracted, before masking; nil for a table model.
    var vector: FeatureVector?
    /// Positions of values outside the training range.
    var outOfRange: [Int] = []
    /// Positions of categories that the model doesn't know.
    var unseen: [Int] = []
    var missing: Int
    var price: Double?
    /// A value of `timeline_category`.
    var timeline: String?
    var unqualifiedReason: String?
    var name: String?
    var source: String?
    /// What the store keeps as the lead; empty leaves the stored one as it is.
    var leadJSON: [UInt8]

    /// - Throws: `unprocessable` when features are sent to a model that reads the team's own table.
    init(
        _ request: ScoreRequest, model: LoadedModel, extractor: FeatureExtractor, asOf now: Timestamp
    ) throws(ScoringError) {
        switch (request.input, model.artifact.schema) {
        case (.lead(let lead, let json), .leadFeatures(let plan)):
            let extraction = extractor.extract(lead, asOf: now)
            self.init(vector: extraction.vector, plan: plan)
            read(lead, json, extraction)
        case (.lead(let lead, let json), .table(let schema)):
            let row = schema.row(of: lead.customFields, asOf: now)
            self.init(
                row: row.values, subject: .table(columns: model.featureNames, fields: lead.customFields),
                missing: row.missing)
            unseen = row.unseen
            outOfRange = row.outOfRange
            read(lead, json, extractor.extract(lead, asOf: now))
        case (.features(_, let vector), .leadFeatures(let plan)):
            self.init(vector: vector, plan: plan)
            timeline = vector.category(.timelineCategory)
        case (.features, .table):
            throw .unprocessable([
                FieldProblem(field: "features", problem: "the model in use reads custom_fields of its own table")
            ])
        }
    }

    /// The step from a vector to a row that every way of scoring shares.
    init(vector: FeatureVector, plan: OptimizationPlan) {
        let optimized = optimizeFeatures(vector, plan: plan)
        var row: [Float] = []
        row.reserveCapacity(FeatureVector.count)
        for position in 0..<FeatureVector.count { row.append(optimized.row[position]) }
        self.init(row: row, subject: .features(vector), missing: optimized.missing)
        self.vector = vector
        outOfRange = optimized.clamped.map(\.rawValue)
        unseen = optimized.unseen.map(\.rawValue)
    }

    private init(row: [Float], subject: ScoreSubject, missing: Int) {
        self.row = row
        self.subject = subject
        self.missing = missing
        leadJSON = []
    }

    private mutating func read(_ lead: Lead, _ json: [UInt8], _ extraction: Extraction) {
        price = extraction.price
        timeline = extraction.vector.category(.timelineCategory)
        unqualifiedReason = extraction.unqualifiedReason
        name = lead.name
        source = lead.source
        leadJSON = json
    }

    func names(of positions: [Int]) -> [String] { positions.map(subject.name) }
}
