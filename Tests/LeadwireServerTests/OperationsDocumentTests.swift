import Foundation
import Redis
import Scoring
import Testing

@testable import LeadwireServer

/// What an operator reads in an answer or in `/health` stands in `docs/operations.md` with what it asks of him.
struct OperationsDocumentTests {
    /// The first cells of the tables' lines, each word between backquotes.
    private func explained() throws -> Set<String> {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "docs/operations.md")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").filter { $0.hasPrefix("| `") }
        let cells = lines.compactMap { $0.split(separator: "|").first }
        return Set(cells.flatMap { $0.matches(of: /`([^`]+)`/).map { String($0.1) } })
    }

    @Test func `every error code is explained`() throws {
        #expect(Set(ErrorCode.allCases.map(\.rawValue)).subtracting(try explained()) == [])
    }

    @Test func `every class of health is explained`() throws {
        let words =
            HealthWord.allCases.map(\.healthClass)
            + StoreError.Code.allCases.map { StoreError($0, "").healthClass }
            + StoreError.Reason.allCases.map { StoreError(.unavailable, "", reason: $0).healthClass }
            + RedisError.Code.allCases.map { RedisError($0, "").word } + [RedisExchange.away]
        #expect(Set(words).subtracting(try explained()) == [])
    }
}
