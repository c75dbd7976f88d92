import HTTPTypes
import Realtime

/// One path and method of the API, who may ask it, and what answers.
struct Route: Sendable {
    typealias Answer = @Sendable (Exchange) async throws -> Reply

    enum Segment: Sendable, Hashable {
        case literal(String)
        case variable
    }

    let method: HTTPRequest.Method
    /// As documented: `/api/v1/ml/score/{lead_id}`.
    let pattern: String
    let segments: [Segment]
    /// The least role that may ask; nil for anyone.
    let role: Role?
    /// Of a POST; anything else is 415.
    let contentTypes: [String]
    /// A POST that needs no body: without one it needs no content type either.
    let bodyIsOptional: Bool
    /// A POST whose body may come without a content type. Only for one that changes nothing: a page of another origin can
    /// send such a request, though local mode refuses it by its origin.
    let contentTypeIsOptional: Bool
    let answer: Answer

    init(
        _ method: HTTPRequest.Method, _ pattern: String, role: Role?, contentTypes: [String] = [Reply.json],
        bodyIsOptional: Bool = false, contentTypeIsOptional: Bool = false, answer: @escaping Answer
    ) {
        self.method = method
        self.pattern = pattern
        self.role = role
        self.contentTypes = contentTypes
        self.bodyIsOptional = bodyIsOptional
        self.contentTypeIsOptional = contentTypeIsOptional
        self.answer = answer
        segments = pattern.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map {
            $0.hasPrefix("{") ? .variable : .literal(String($0))
        }
    }
}
