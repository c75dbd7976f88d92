import Leads

/// A name within its tenant, equal byte by byte as PostgreSQL compares it: Swift calls two spellings of one character
/// equal, and they are two leads.
struct NamedKey: Hashable {
    var tenant: Tenant
    var name: String

    static func == (left: NamedKey, right: NamedKey) -> Bool {
        left.name.utf8.elementsEqual(right.name.utf8) && left.tenant == right.tenant
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(tenant)
        for byte in name.utf8 { hasher.combine(byte) }
    }
}

/// A lead within its tenant.
struct LeadKey: Hashable {
    private var key: NamedKey

    init(tenant: Tenant, id: String) { key = NamedKey(tenant: tenant, name: id) }

    var tenant: Tenant { key.tenant }
    var id: String { key.name }
}

struct OutcomeKey: Hashable {
    var lead: LeadKey
    var at: Int64
    var result: String
}
