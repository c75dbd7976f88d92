import Features
import Forest
public import Leads
public import Learning

extension ScoringEngine {
    /// Of a tenant's newest scores, so many at most are told to its window.
    public static let recalledScores = 20_000
    private static let recalledPage = 2_000

    /// What came in over the last seven days, as far as this process saw it or was told by ``recallDrift(of:from:)``, beside
    /// what the tenant's model was measured on; nil before the first score.
    public func drift(of tenant: Tenant) -> DriftReport? { liveDrift.report(of: tenant, at: clock.now) }

    /// Tenants with scores since the start.
    public var tenantsInDrift: [Tenant] { liveDrift.watched }

    /// Tells a tenant's window what the store knows of the days before this process, or this model, had its first score:
    /// the same features, seen by the model of now. Once; later calls do nothing.
    ///
    /// - Throws: ``StoreError``, or ``ScoringError/inference`` where the model can't read what is stored; the next call
    ///   tries again.
    public func recallDrift(of tenant: Tenant, from source: any RecentSource) async throws {
        let model = champion(of: tenant)
        guard let gap = liveDrift.gap(of: tenant, model: model) else { return }
        var rows: [LiveDrift.Recalled] = []
        if case .leadFeatures(let plan) = model.artifact.schema {
            var row = try await source.labelRow(beforeNewest: Self.recalledScores, of: tenant)
            var pages = Self.recalledScores / Self.recalledPage + 1
            while let first = row, pages > 0 {
                let page = try await source.labelCandidates(of: tenant, after: first, limit: Self.recalledPage)
                for candidate in page.candidates where gap.contains(candidate.scoredAt) {
                    guard let vector = candidate.features else { continue }
                    rows.append(try recalled(vector, by: model, plan: plan, at: candidate.scoredAt))
                }
                row = page.next
                pages -= 1
            }
        }
        liveDrift.recall(rows, model: model, tenant: tenant)
    }

    private func recalled(
        _ vector: FeatureVector, by model: LoadedModel, plan: OptimizationPlan, at moment: Timestamp
    ) throws(ScoringError) -> LiveDrift.Recalled {
        let input = ModelInput(vector: vector, plan: plan)
        do {
            return LiveDrift.Recalled(
                values: input.row, margin: try model.margin(of: input.row), unseen: input.unseen, at: moment)
        } catch {
            throw .inference(error.description)
        }
    }
}
