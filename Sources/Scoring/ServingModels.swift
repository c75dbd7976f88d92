import Leads

/// Which model scores whose leads, and which one is on trial beside it. A value: a change replaces it whole.
struct ServingModels: Sendable {
    /// Scores the leads of every tenant without a model of its own.
    var everyones: LoadedModel
    private(set) var own: [Tenant: LoadedModel] = [:]
    private(set) var trials: [ModelScope: LoadedModel] = [:]

    init(everyones: LoadedModel) { self.everyones = everyones }

    func champion(of tenant: Tenant) -> LoadedModel { own[tenant] ?? everyones }

    /// The tenant's own trial; for a tenant without a model of its own also that of everyone's.
    func challenger(of tenant: Tenant) -> LoadedModel? {
        trials[.tenant(tenant)] ?? (own[tenant] == nil ? trials[.everyone] : nil)
    }

    var all: [LoadedModel] { [everyones] + own.values + trials.values }

    mutating func serve(_ model: LoadedModel, in scope: ModelScope) {
        switch scope {
        case .everyone: everyones = model
        case .tenant(let tenant): own[tenant] = model
        }
        if trials[scope]?.identity.sha256 == model.identity.sha256 { trials[scope] = nil }
    }

    mutating func tryOut(_ model: LoadedModel?, in scope: ModelScope) { trials[scope] = model }
}
