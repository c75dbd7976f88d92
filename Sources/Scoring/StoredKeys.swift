package import Leads

/// A name within its tenant, equal byte by byte as every store compares it: Swift calls two spellings of one character
/// equal, and they are two leads.
package struct NamedKey: Hashable, Sendable {
    package var tenant: Tenant
    package var name: String

    package init(tenant: Tenant, name: String) {
        self.tenant = tenant
        self.name = name
    }

    package static func == (left: NamedKey, right: NamedKey) -> Bool {
        left.name.utf8.elementsEqual(right.name.utf8) && left.tenant == right.tenant
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(tenant)
        for byte in name.utf8 { hasher.combine(byte) }
    }
}

/// A lead within its tenant.
package struct LeadKey: Hashable, Sendable {
    private var key: NamedKey

    package init(tenant: Tenant, id: String) { key = NamedKey(tenant: tenant, name: id) }

    package var tenant: Tenant { key.tenant }
    package var id: String { key.name }
}
