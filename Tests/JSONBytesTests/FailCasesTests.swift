import Foundation
import JSONBytes
import Testing

/// Inputs that once broke something, or were made to: FuzzTesting keeps them, here they are replayed for good.
struct FailCasesTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../FuzzTesting/FailCases/json").standardizedFileURL

    @Test func `every kept input is refused with a typed error or can be read`() throws {
        let files = try FileManager.default.contentsOfDirectory(at: Self.folder, includingPropertiesForKeys: nil)
        try #require(files.count >= 7, "the kept inputs are gone")
        for file in files {
            let bytes = try [UInt8](Data(contentsOf: file))
            do {
                let root = try JSONDocument(parsing: bytes, limits: .model).root
                #expect(root.bytes.count <= bytes.count)
            } catch {
                // The type is typed throws' promise; what can be wrong is the place that it names.
                #expect((0...bytes.count).contains(error.offset), "\(file.lastPathComponent): \(error)")
            }
        }
    }
}
