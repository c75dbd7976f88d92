import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// Posts leads, one at a time, over one kept connection.
struct SimulateClient: Sendable {
    struct Answer: Sendable {
        var status: Int
        var body: Data
    }

    let endpoint: URL
    let token: String
    private let session: URLSession

    init(endpoint: URL, token: String) {
        self.endpoint = endpoint
        self.token = token
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = 30
        session = URLSession(configuration: configuration)
    }

    func post(_ body: [UInt8]) async throws -> Answer {
        var request = URLRequest(url: endpoint)
        request.httpMethod = "POST"
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization")
        request.httpBody = Data(body)
        do {
            let (data, response) = try await session.data(for: request)
            return Answer(status: (response as? HTTPURLResponse)?.statusCode ?? 0, body: data)
        } catch let error as URLError {
            throw CommandFailure("no answer from \(endpoint.host ?? "the server"): \(error.code.rawValue)", code: 1)
        }
    }
}
