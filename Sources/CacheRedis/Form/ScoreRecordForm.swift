import Features
import Leads
import Scoring

/// A record as bytes, bit for bit: a version, the fields in the order of their declaration, and a checksum.
///
/// Nodes of two versions may share a cache: what the other version wrote is no entry. Whoever changes a field here changes
/// ``version``.
enum ScoreRecordForm {
    static let version: UInt8 = 1

    static func bytes(of record: ScoreRecord) -> [UInt8] {
        var writer = ByteWriter(reserving: 2_048 + record.lead.count + record.body.count)
        writer.write(byte: version)
        writer.write(record.tenant.name)
        write(record.score, &writer)
        writer.write(record.leadName)
        writer.write(record.leadSource)
        writer.write(record.features) { $0.write($1.bytes) }
        writer.write(record.lead)
        writer.write(record.body)
        writer.write(record.needsReview)
        writer.write(fixed: Checksum.of(writer.bytes))
        return writer.bytes
    }

    /// Throws for another version, for damage, and for a record of somebody else than the key is.
    static func record(_ bytes: ArraySlice<UInt8>, for key: CacheKey) throws(DamagedForm) -> ScoreRecord {
        guard bytes.count > 9, bytes.first == version else { throw DamagedForm() }
        var ending = ByteReader(bytes.suffix(8))
        guard try ending.fixed() == Checksum.of(bytes.dropLast(8)) else { throw DamagedForm() }
        var reader = ByteReader(bytes.dropFirst().dropLast(8))
        let record = ScoreRecord(
            tenant: Tenant(try reader.text()), score: try score(&reader), leadName: try reader.optionalText(),
            leadSource: try reader.optionalText(), features: try features(&reader), lead: try reader.block(),
            body: try reader.block(), needsReview: try reader.flag())
        guard reader.isAtEnd, record.tenant == key.tenant, record.score.leadID == key.leadID else {
            throw DamagedForm()
        }
        return record
    }

    private static func features(_ reader: inout ByteReader) throws(DamagedForm) -> FeatureVector? {
        try reader.optional { reader throws(DamagedForm) in
            guard let vector = FeatureVector(bytes: try reader.block()) else { throw DamagedForm() }
            return vector
        }
    }

    private static func write(_ score: Score, _ writer: inout ByteWriter) {
        writer.write(score.leadID)
        writer.write(score.requestID)
        writer.write(score.mlScore)
        writer.write(score.conversionProbability)
        writer.write(score.probabilityInterval.lower)
        writer.write(score.probabilityInterval.upper)
        writer.write(score.confidence)
        writer.write(score.confidenceLevel.rawValue)
        writer.write(score.classification.rawValue)
        writer.write(score.estimatedCommission)
        writer.write(score.expectedCommission)
        writer.write(score.expectedCloseDays) { $0.write(fixed: UInt64(bitPattern: Int64($1))) }
        writer.write(score.source.rawValue)
        writer.write(score.analysisSummary)
        writer.write(score.keyInsights)
        writer.write(score.recommendations)
        writer.write(score.explanations) { writer, explanation in
            writer.write(explanation.featureName)
            writer.write(explanation.featureValue)
            writer.write(explanation.importance)
            writer.write(explanation.direction.rawValue)
            writer.write(explanation.sentence)
        }
        writer.write(score.shapValues) { writer, contribution in
            writer.write(contribution.feature)
            writer.write(contribution.value)
        }
        writer.write(score.baseValue)
        writer.write(score.margin)
        writer.write(score.change) { writer, change in
            writer.write(change.from)
            writer.write(change.delta)
            writer.write(change.because)
        }
        writer.write(score.model.name)
        writer.write(score.model.version)
        writer.write(score.model.sha256)
        writer.write(score.model.priorWeight)
        writer.write(score.processingTimeMilliseconds)
        writer.write(score.inferenceTimeMilliseconds)
        writer.write(score.secondOpinionTimeMilliseconds)
        writer.write(length: score.dataSupport.missingFeatures)
        writer.write(score.dataSupport.outOfRange)
        writer.write(score.dataSupport.unseenCategories)
        writer.write(score.dataSupport.largestReason)
        writer.write(fixed: UInt64(bitPattern: score.scoredAt.milliseconds))
        writer.write(fixed: UInt64(bitPattern: score.expiresAt.milliseconds))
        writer.write(score.warnings)
    }

    private static func score(_ reader: inout ByteReader) throws(DamagedForm) -> Score {
        Score(
            leadID: try reader.text(), requestID: try reader.text(), mlScore: try reader.optionalDouble(),
            conversionProbability: try reader.double(),
            probabilityInterval: ProbabilityInterval(lower: try reader.double(), upper: try reader.double()),
            confidence: try reader.double(), confidenceLevel: try reader.word(), classification: try reader.word(),
            estimatedCommission: try reader.optionalDouble(), expectedCommission: try reader.optionalDouble(),
            expectedCloseDays: try reader.optional { reader throws(DamagedForm) in
                Int(Int64(bitPattern: try reader.fixed()))
            }, source: try reader.word(), analysisSummary: try reader.text(), keyInsights: try reader.texts(),
            recommendations: try reader.texts(),
            explanations: try reader.list { reader throws(DamagedForm) in
                FeatureExplanation(
                    featureName: try reader.text(), featureValue: try reader.optionalText(),
                    importance: try reader.double(), direction: try reader.word(), sentence: try reader.text())
            },
            shapValues: try reader.list { reader throws(DamagedForm) in
                Contribution(feature: try reader.text(), value: try reader.double())
            }, baseValue: try reader.double(), margin: try reader.double(),
            change: try reader.optional { reader throws(DamagedForm) in
                ScoreChange(from: try reader.double(), delta: try reader.double(), because: try reader.texts())
            },
            model: ModelIdentity(
                name: try reader.text(), version: try reader.text(), sha256: try reader.text(),
                priorWeight: try reader.double()),
            processingTimeMilliseconds: try reader.double(), inferenceTimeMilliseconds: try reader.double(),
            secondOpinionTimeMilliseconds: try reader.optionalDouble(),
            dataSupport: DataSupport(
                missingFeatures: try reader.length(), outOfRange: try reader.texts(),
                unseenCategories: try reader.texts(), largestReason: try reader.optionalText()),
            scoredAt: try timestamp(&reader), expiresAt: try timestamp(&reader), warnings: try reader.texts())
    }

    private static func timestamp(_ reader: inout ByteReader) throws(DamagedForm) -> Timestamp {
        Timestamp(milliseconds: Int64(bitPattern: try reader.fixed()))
    }
}
