import JSONBytes
import Leads
import LeadwireServer
import Training

/// A CSV or NDJSON file of past leads, row by row.
struct PastLeadFile {
    enum Format: String, CaseIterable { case csv, ndjson }

    struct Row {
        /// 1 is a CSV's header.
        var line: Int
        var decoded: DecodedPastLead
    }

    private enum Source {
        case table(CSVReader)
        case lines(LineReader)
    }

    private let source: Source
    private let decoder: PastLeadDecoder
    private var lastBroken: Int?

    /// - Throws: a file that can't be opened, and a table without the column that says when.
    init(path: String, format: Format?, time: String) throws(CommandFailure) {
        decoder = PastLeadDecoder(time: time)
        let known: Format
        if let format { known = format } else { known = try Self.format(of: path) }
        do throws(TableError) {
            switch known {
            case .ndjson: source = .lines(try LineReader(path: path))
            case .csv:
                let reader = try CSVReader(path: path)
                for column in ["lead_id", time] { _ = try reader.position(of: column) }
                source = .table(reader)
            }
        } catch {
            throw CommandFailure(error, file: path)
        }
    }

    var bytesRead: Int {
        switch source {
        case .table(let reader): reader.bytesRead
        case .lines(let reader): reader.bytesRead
        }
    }

    var totalBytes: Int? {
        switch source {
        case .table(let reader): reader.totalBytes
        case .lines(let reader): reader.totalBytes
        }
    }

    /// The next row, whatever is wrong with it; nil at the end.
    ///
    /// - Throws: what keeps the rest of the file from being read.
    mutating func next(now: Timestamp) throws(CommandFailure) -> Row? {
        switch source {
        case .lines(let reader):
            let next: LineReader.Line?
            do throws(TableError) { next = try reader.next() } catch { throw CommandFailure(error) }
            guard let line = next else { return nil }
            guard let bytes = line.bytes else {
                return Self.broken("is longer than \(LineReader.maximumLineBytes) bytes", line: line.number)
            }
            do {
                let document = try JSONDocument(parsing: bytes)
                return Row(line: line.number, decoded: decoder.decode(document.root, now: now))
            } catch {
                return Self.broken("is not JSON: \(error)", line: line.number)
            }
        case .table(let reader): return try next(of: reader, now: now)
        }
    }

    private mutating func next(of reader: CSVReader, now: Timestamp) throws(CommandFailure) -> Row? {
        do throws(TableError) {
            guard let record = try reader.next() else { return nil }
            let json = PastLeadCells.json(names: reader.header, cells: record.cells)
            guard let document = try? JSONDocument(parsing: json) else {
                return Self.broken("holds more than a lead may", line: record.line)
            }
            return Row(line: record.line, decoded: decoder.decode(document.root, now: now))
        } catch {
            let isRow = [.raggedRow, .invalidQuoting, .invalidUTF8].contains(error.code)
            guard isRow, let line = error.line else { throw CommandFailure(error) }
            // A quote that is never closed has swallowed the rest, and is met again and again: the file is at its end.
            guard line != lastBroken else { return nil }
            lastBroken = line
            return Self.broken(error.message, line: line)
        }
    }

    private static func broken(_ problem: String, line: Int) -> Row {
        Row(
            line: line,
            decoded: DecodedPastLead(
                past: nil, problems: [FieldProblem(field: "row", problem: problem)], warnings: []))
    }

    /// By the name; a name that doesn't tell is taken for CSV.
    private static func format(of path: String) throws(CommandFailure) -> Format {
        let name = path.lowercased()
        if name == "-" { throw CommandFailure("say with --format what the standard input is: csv or ndjson", code: 2) }
        return [".ndjson", ".jsonl"].contains(where: name.hasSuffix) ? .ndjson : .csv
    }
}
