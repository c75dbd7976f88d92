import Forest
import Foundation
import Testing

/// Inputs that once broke something, or were made to: FuzzTesting keeps them, here they are replayed for good.
struct FailCasesTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../FuzzTesting/FailCases/forest").standardizedFileURL

    @Test func `every kept input is refused with a typed error or can be scored`() throws {
        let files = try FileManager.default.contentsOfDirectory(at: Self.folder, includingPropertiesForKeys: nil)
        try #require(files.count >= 7, "the kept inputs are gone")
        for file in files {
            let bytes = try [UInt8](Data(contentsOf: file))
            do {
                let forest = try Forest(xgboost: bytes)
                let row = [Float](repeating: 1, count: forest.featureCount)
                #expect(try forest.margin(row).isFinite)
                let contributions = try forest.explanation(row, scratch: forest.makeScratch()).contributions
                #expect(contributions.allSatisfy { $0.isFinite }, "\(file.lastPathComponent)")
            } catch {
                #expect(error is ForestError, "\(file.lastPathComponent)")
            }
        }
    }
}
