import JSONBytes

/// A condition on an event's `data`, or on a connection: the filter tree of the contract, section 3, read from JSON by
/// the same rules and limits as a client's own.
public struct EventFilter: Sendable, Hashable {
    /// What is wrong with the JSON; names places and operators, never values.
    public struct Problem: Error, Sendable, Hashable, CustomStringConvertible {
        public let description: String
    }

    let filter: Filter

    /// - Parameter json: one filter node, such as `{"eq": ["source", "referral"]}`.
    /// - Throws: ``Problem`` for text that is no JSON, no filter, or more than depth 4, 16 nodes and 100 values.
    public init(json: some Collection<UInt8>) throws(Problem) {
        let document: JSONDocument
        do {
            document = try JSONDocument(parsing: Array(json))
        } catch {
            throw Problem(description: "the filter is not JSON")
        }
        do {
            filter = try FilterReader.filter(from: document.root)
        } catch {
            throw Problem(description: error.message)
        }
    }

    /// As a client would write it.
    public var json: [UInt8] {
        var writer = JSONWriter(reserving: 128)
        filter.write(to: &writer)
        return writer.bytes
    }
}
