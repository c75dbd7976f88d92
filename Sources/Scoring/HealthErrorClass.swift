/// An error that has a bounded word for health and metrics: what it is of, and its class, never its text.
public protocol HealthErrorClass: Error {
    var healthClass: String { get }
}

extension StoreError: HealthErrorClass {
    public var healthClass: String { "store_\(reason?.rawValue ?? code.rawValue)" }
}
