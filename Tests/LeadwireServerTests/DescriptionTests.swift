import HTTPTypes
import JSONBytes
import Testing

@testable import LeadwireServer

struct DescriptionTests {
    @Test func `the description lists what the server answers, and nothing else`() async throws {
        let described = try Self.described()
        try await LiveServer.run { server in
            let answered = Set(server.routes.map { "\($0.method.rawValue) \(Self.anonymous($0.pattern))" })
            #expect(answered.subtracting(described) == [], "answered and not described")
            #expect(described.subtracting(answered) == [], "described and not answered")
        }
    }

    /// Every method and path of the document.
    private static func described() throws -> Set<String> {
        let document = try JSONDocument(
            parsing: APIDescription.openAPI, limits: JSONLimits(maximumDepth: 64, maximumBytes: 1 << 22))
        var described = Set<String>()
        for (path, operations) in try #require(document.root["paths"]).members {
            for (method, _) in operations.members where ["get", "post", "delete", "put", "patch"].contains(method) {
                described.insert("\(method.uppercased()) \(anonymous(path))")
            }
        }
        return described
    }

    /// A path with its variables' names left out.
    private static func anonymous(_ path: String) -> String {
        path.split(separator: "/", omittingEmptySubsequences: false).map { $0.hasPrefix("{") ? "{}" : $0 }
            .joined(separator: "/")
    }
}
