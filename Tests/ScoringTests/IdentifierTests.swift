import Testing

@testable import Scoring

@Suite struct IdentifierTests {
    @Test func `ids have a prefix, 32 hexadecimal digits, and never repeat`() {
        var seen: Set<String> = []
        for _ in 0..<20_000 {
            let id = Identifier.make("evt_")
            #expect(id.hasPrefix("evt_") && id.utf8.count == 36)
            seen.insert(id)
        }
        #expect(seen.count == 20_000)
        #expect(seen.allSatisfy { $0.dropFirst(4).allSatisfy(\.isHexDigit) })
    }
}
