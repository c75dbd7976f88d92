import LeadwireServer
import Learning
import Scoring

extension CommandFailure {
    /// Does `work`, and tells what the rooms below refuse as a command does: a setting that makes no sense ends in 2, what
    /// could not be done in 1. Other errors go on as they are.
    static func telling<Value>(_ work: () async throws -> Value) async throws -> Value {
        do {
            return try await work()
        } catch let error as ConfigurationError {
            throw CommandFailure(error.description, code: 2)
        } catch let error as ServerRefusal {
            throw CommandFailure(error.message, code: 2)
        } catch let error as StoreError {
            throw CommandFailure(error.message)
        } catch let error as ScoringError {
            throw CommandFailure(error.description)
        } catch let error as ArtifactError {
            throw CommandFailure("\(error)")
        } catch let error as LabelCollector.TooManyLeads {
            throw CommandFailure(error.description)
        }
    }
}
