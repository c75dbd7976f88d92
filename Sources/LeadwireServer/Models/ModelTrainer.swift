public import Leads
public import Learning

/// Learns a model from the outcomes in the store, beside the server rather than in it.
public protocol ModelTrainer: Sendable {
    /// - Parameters:
    ///   - tenant: whose leads and outcomes.
    ///   - champion: what it is compared with, on the newest slice, which neither has seen.
    /// - Returns: the artifact, and how it compares.
    /// - Throws: ``TrainingFailure``; `CancellationError` when the task is cancelled.
    func train(tenant: Tenant, against champion: ModelArtifact) async throws -> TrainedModel
}

/// What a training brought.
public struct TrainedModel: Sendable {
    /// A serialized ``ModelArtifact``.
    public var artifact: [UInt8]
    /// nil where the newest slice could not tell.
    public var comparison: GateComparison?
    /// Whether what the model in use had said came true.
    public var calibration: CalibrationReading?

    public init(artifact: [UInt8], comparison: GateComparison?, calibration: CalibrationReading?) {
        self.artifact = artifact
        self.comparison = comparison
        self.calibration = calibration
    }
}

/// Why nothing was learned; the message is for people and holds no lead's data.
public struct TrainingFailure: Error, Sendable, CustomStringConvertible {
    public var message: String
    /// Too few leads whose outcome is known: more outcomes help, trying again doesn't.
    public var needsMoreOutcomes: Bool

    public init(_ message: String, needsMoreOutcomes: Bool = false) {
        self.message = message
        self.needsMoreOutcomes = needsMoreOutcomes
    }

    public var description: String { message }
}
