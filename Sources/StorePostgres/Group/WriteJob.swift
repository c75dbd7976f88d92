import Leads
import Scoring

/// What a caller wants written.
enum WriteWork: Sendable {
    case commit(Commit)
    case optOut(LeadKey, at: Timestamp)
    /// Makes the tenant's log if there is none.
    case position(Tenant)
    case erase(LeadKey, at: Timestamp)
    case probe
    /// Of the whole database, not of a tenant's log: notices, models.
    case statements([Statement])

    /// These share a transaction; the others get their own.
    var isGrouped: Bool {
        switch self {
        case .commit, .optOut, .position: true
        case .erase, .probe, .statements: false
        }
    }
}

enum WriteAnswer: Sendable {
    case events([CommittedEvent])
    case position(StreamPosition)
    case receipt(ErasureReceipt?)
    case done
    /// Rows that the first statement touched; nil where only its success is known.
    case touched(Int?)
}

struct WriteJob: Sendable {
    var work: WriteWork
    var reply: Reply<WriteAnswer>
}

/// Everything that the works of one group speak of: what is to be locked and read before they are applied.
struct GroupScope {
    private(set) var tenants: Set<Tenant> = []
    private(set) var leads: Set<LeadKey> = []
    private(set) var events: Set<NamedKey> = []
    private(set) var idempotency: Set<NamedKey> = []
    private(set) var outcomeLeads: Set<LeadKey> = []

    init(_ works: [WriteWork]) {
        for work in works {
            switch work {
            case .commit(let commit): add(commit)
            case .optOut(let key, _), .erase(let key, _): add(key)
            case .position(let tenant): tenants.insert(tenant)
            case .probe, .statements: break
            }
        }
    }

    private mutating func add(_ key: LeadKey) {
        tenants.insert(key.tenant)
        leads.insert(key)
    }

    private mutating func add(_ commit: Commit) {
        for record in commit.scores { add(LeadKey(tenant: record.tenant, id: record.score.leadID)) }
        for review in commit.reviews { add(LeadKey(tenant: review.tenant, id: review.leadID)) }
        for entry in commit.outcomes {
            let key = LeadKey(tenant: entry.tenant, id: entry.outcome.leadID)
            add(key)
            outcomeLeads.insert(key)
        }
        for event in commit.events {
            tenants.insert(event.tenant)
            events.insert(NamedKey(tenant: event.tenant, name: event.id))
            if let id = event.leadID { add(LeadKey(tenant: event.tenant, id: id)) }
        }
        for entry in commit.idempotency {
            tenants.insert(entry.tenant)
            idempotency.insert(NamedKey(tenant: entry.tenant, name: entry.key))
            if let subject = entry.subject { add(LeadKey(tenant: entry.tenant, id: subject.leadID)) }
        }
    }
}
