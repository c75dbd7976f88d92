/// The wall between teams: every read, write, event, cache key and figure belongs to exactly one tenant.
public struct Tenant: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let name: String

    public init(_ name: String) {
        self.name = name
    }

    /// The only tenant of a server in local mode.
    public static let local = Tenant("default")

    public static func < (left: Tenant, right: Tenant) -> Bool { left.name < right.name }

    public var description: String { name }
}
