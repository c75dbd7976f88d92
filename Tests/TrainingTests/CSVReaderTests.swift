import Foundation
import Testing

@testable import Training

struct CSVReaderTests {
    private func table(_ text: String) throws -> (header: [String], rows: [[String]], delimiter: UInt8) {
        let folder = try TemporaryFolder()
        let reader = try CSVReader(path: folder.write(text, to: "t.csv"))
        var rows: [[String]] = []
        while let record = try reader.next() { rows.append(record.cells.map(String.init)) }
        return (reader.header, rows, reader.delimiter)
    }

    private func failure(_ text: String) throws -> TableError {
        try #require(throws: TableError.self) { try table(text) }
    }

    @Test(arguments: [",", ";", "\t", "|"])
    func `the delimiter is found out, other ones in quotes notwithstanding`(delimiter: String) throws {
        let text = [["a", "b", "c"], ["1", "\"x,y;z|\t,,,,\"", "3"], ["", "2", ""]]
            .map { $0.joined(separator: delimiter) }.joined(separator: "\n")
        let found = try table(text)
        #expect(found.delimiter == delimiter.utf8.first)
        #expect(found.header == ["a", "b", "c"] && found.rows == [["1", "x,y;z|\t,,,,", "3"], ["", "2", ""]])
    }

    @Test(arguments: ["\n", "\r\n", "\r"])
    func `line ends of every kind, in quotes too, and a missing last one`(end: String) throws {
        let found = try table("a,b\(end)1,\"two\(end)lines\"\(end)\(end)3,\"a \"\"word\"\"\"")
        #expect(found.rows == [["1", "two\(end)lines"], ["3", "a \"word\""]])
    }

    @Test func `a byte order mark, spaces around names and a name that is missing`() throws {
        let found = try table("\u{FEFF}\"a\", b ,\n1,2,3\n")
        #expect(found.header == ["a", "b", "column_3"] && found.rows == [["1", "2", "3"]])
    }

    @Test func `a quote inside an unquoted cell is a character`() throws {
        #expect(try table("a,b\n5\"\",6' 2\"\n").rows == [["5\"\"", "6' 2\""]])
    }

    @Test func `an empty line is a row only in a table of one column`() throws {
        #expect(try table("a\n1\n\n2\n").rows == [["1"], [""], ["2"]])
        #expect(try table("a,b\n1,2\n\n3,4\n").rows == [["1", "2"], ["3", "4"]])
    }

    @Test func `records larger than a chunk arrive whole, wherever the chunk ends`() throws {
        for extra in 0..<4 {
            let long =
                String(repeating: "x\r\n", count: ByteSource.chunkBytes / 2) + String(repeating: "y", count: extra)
            let found = try table("a,b\r\n1,\"\(long)\"\r\n2,z\r\n")
            #expect(found.rows.count == 2 && found.rows[0][1] == long && found.rows[1] == ["2", "z"])
        }
    }

    @Test(arguments: [
        ("a,b\n1,2\n3\n", TableError.Code.raggedRow, 3), ("a,b\n1,\"x\ny\"\n1,2,3\n", .raggedRow, 4),
        ("a,b\n1,\"open\n2,3\n", .invalidQuoting, 2), ("a,b\n\"x\"y,2\n", .invalidQuoting, 2),
        ("a,b,a\n1,2,3\n", .duplicateColumn, 1),
    ])
    func `what is wrong is named with its line`(text: String, code: TableError.Code, line: Int) throws {
        let error = try failure(text)
        #expect(error.code == code && error.line == line)
    }

    @Test func `an empty file, a folder, a missing file and another encoding are refused`() throws {
        let folder = try TemporaryFolder()
        func code(_ path: String) throws -> TableError.Code {
            try #require(throws: TableError.self) { try CSVReader(path: path) }.code
        }
        #expect(try code(folder.write("", to: "empty.csv")) == .empty)
        #expect(try code(folder.url.path) == .unreadable)
        #expect(try code(folder.path("none.csv")) == .unreadable)
        let latin = folder.url.appendingPathComponent("latin.csv")
        try Data([0x61, 0x2C, 0x62, 0x0A, 0xE9, 0x2C, 0x31, 0x0A]).write(to: latin)
        let reader = try CSVReader(path: latin.path)
        let error = try #require(throws: TableError.self) { try reader.next() }
        #expect(error.code == .invalidUTF8 && error.line == 2)
        try Data([0xFF, 0xFE, 0x61, 0x00]).write(to: latin)
        #expect(try code(latin.path) == .invalidUTF8)
    }

    @Test func `an unknown column is answered with the nearest one`() throws {
        let folder = try TemporaryFolder()
        let reader = try CSVReader(path: folder.write("lead_id,converted\n1,2\n", to: "t.csv"))
        let error = try #require(throws: TableError.self) { try reader.position(of: "convertd") }
        #expect(error.code == .unknownColumn && error.message.contains("did you mean \"converted\"?"))
    }
}
