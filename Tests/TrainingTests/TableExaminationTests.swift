import Features
import Foundation
import Learning
import Testing

@testable import Training

/// Whole tables, examined in one pass.
struct TableExaminationTests {
    private static let question = TableExamination.Question(label: "converted", positive: "won")

    private func examined(
        _ text: String, _ question: TableExamination.Question = Self.question
    ) throws -> TableExamination {
        let folder = try TemporaryFolder()
        return try TableExamination(path: folder.write(text, to: "t.csv"), question: question)
    }

    private func column(_ examination: TableExamination, _ name: String) throws -> ColumnExamination {
        try #require(examination.columns.first { $0.name == name })
    }

    @Test func `a table of every kind of column is told column by column`() throws {
        var question = Self.question
        question.time = "created"
        let found = try examined(InventedTable.text(rows: 1_000, seed: 1), question)
        #expect(found.rows == 1_000 && found.sampledRows == 1_000 && found.obstacles.isEmpty)
        #expect(found.label.positive == "won" && found.label.values.map(\.text).sorted() == ["lost", "won"])
        #expect(try #require(found.label.baseRate) * 1_000 == Double(found.label.positives))
        #expect(try column(found, "lead_id").kind.word == "identifier")
        #expect(try column(found, "note").kind.word == "free text")
        #expect(try column(found, "region").kind == .constant)
        #expect(try column(found, "channel").kind == .category)
        #expect(try column(found, "channel").distinct == 4)
        #expect(try column(found, "budget").kind == .number(.point))
        #expect(abs(try column(found, "budget").missingShare - 0.1) < 0.03)
        #expect(try column(found, "gender").policy != .allowed)
        #expect(try column(found, "created").role == .time && column(found, "converted").role == .label)
        let closed = try column(found, "closed_on")
        #expect(closed.leakage.verdict == .leaks && closed.missingShareInPositives == 0)
        #expect(closed.missingShareInNegatives == 1 && closed.dates?.laterThanTime == 1)
        let firstSeen = try column(found, "first_seen")
        #expect(firstSeen.leakage.verdict == .safe && firstSeen.dates?.laterThanTime == 0)
        for name in ["lead_id", "note", "channel", "visits", "budget", "returning"] {
            #expect(try column(found, name).leakage.verdict == .safe)
        }
        #expect(
            found.columns.filter { $0.leftOut == nil }.map(\.name) == [
                "channel", "visits", "budget", "returning", "first_seen",
            ])
    }

    @Test func `the examination and training say the same of a whole table`() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(InventedTable.text(rows: 600, seed: 4), to: "t.csv")
        let found = try TableExamination(path: path, question: Self.question)
        var options = TrainingOptions(label: "converted")
        options.positive = "won"
        let trainer = try Trainer(table: RawTable(path: path), options: options)
        #expect(trainer.repeatedRows == found.repeatedRows)
        let plan = trainer.plan
        for (examined, planned) in zip(found.columns, plan.columns) {
            #expect(examined.leftOut?.reason == planned.leftOut && examined.distinct == planned.distinct)
            #expect(examined.auc == planned.examination.auc && examined.missing == planned.missing)
            #expect(examined.leakage == planned.examination.leakage)
        }
    }

    @Test func `faults of the text are counted with their first lines and do not end the examination`() throws {
        let good = (0..<60).map { "\($0 % 7),x,\($0 % 3 == 0 ? "won" : "lost")\n" }
        var lines = ["a,b,converted\n"] + good
        lines.insert("1,2\n", at: 3)
        lines.insert("1;2;won\n", at: 5)
        lines.insert("1,\"x\"y,won\n", at: 7)
        lines.insert("1,\"two\nlines\",won\n", at: 9)
        let found = try examined(lines.joined())
        #expect(found.rows == 61 && found.text.wrongCellCount.count == 2)
        #expect(found.text.wrongCellCount.firstLines == [4, 6] && found.text.otherDelimiters == [0x3B: 1])
        #expect(found.text.misquoted.firstLines == [8] && found.text.quotedLineEnds == 1)
        #expect(found.obstacles.count == 2 && found.obstacles.contains { $0.contains("a semicolon would cut 1") })
        #expect(found.repeatedRows > 0 && found.remarks.contains { $0.contains("repeat an earlier one") })
    }

    @Test func `mixed encodings are told from UTF-8 and from another one, twice encoded words from both`() throws {
        let folder = try TemporaryFolder()
        func encoding(_ cells: [[UInt8]]) throws -> TableText {
            var bytes = Array("a,converted\n".utf8)
            for (row, cell) in cells.enumerated() {
                bytes += cell + Array(row % 2 == 0 ? ",won\n".utf8 : ",lost\n".utf8)
            }
            let url = folder.url.appendingPathComponent("e.csv")
            try Data(bytes).write(to: url)
            return try TableExamination(path: url.path, question: Self.question).text
        }
        let utf8: [UInt8] = [0x6D, 0xC3, 0xA9]
        let latin: [UInt8] = [0x6D, 0xE9]
        #expect(try encoding([[0x61], [0x62]]).encoding == .ascii)
        #expect(try encoding([utf8, [0x62]]).encoding == .utf8)
        #expect(try encoding([latin, [0x62]]).encoding == .other)
        let mixed = try encoding([utf8, latin, [0x62]])
        #expect(mixed.encoding == .mixed && mixed.notUTF8.firstLines == [3])
        #expect(try encoding([Array("m\u{C3}\u{A9}".utf8), utf8]).twiceEncoded.firstLines == [2])
    }

    @Test(arguments: [",", ";", "\t", "|"]) func `the text is told as it is`(delimiter: String) throws {
        let found = try examined("\u{FEFF}" + InventedTable.text(rows: 300, seed: 2, delimiter: delimiter))
        #expect(found.text.delimiter == delimiter.utf8.first && found.text.hasByteOrderMark)
        #expect(found.text.encoding == .utf8 && found.rows == 300)
    }

    @Test func `a label that training refuses is an obstacle and the columns are examined all the same`() throws {
        let rows = (0..<50).map { "\($0 % 9),\($0 == 7 ? "" : $0 % 2 == 0 ? "won" : "lost")\n" }.joined()
        let empty = try examined("a,converted\n" + rows)
        #expect(empty.label.missing.firstLines == [9] && empty.obstacles.count == 1)
        var question = Self.question
        question.positive = "wonn"
        let wrong = try examined("a,converted\n" + rows, question)
        #expect(wrong.label.positive == nil && wrong.obstacles.contains { $0.contains("did you mean \"won\"?") })
        #expect(wrong.columns[0].kind == .number(.point) && wrong.columns[0].auc == nil)
        let few = try examined("a,converted\n1,won\n2,lost\n")
        #expect(few.obstacles.contains { $0.contains("at least 5") })
        #expect(few.remarks.contains { $0.contains("by names and dates only") })
        let none = try examined("a,converted\n")
        #expect(none.obstacles == ["There is no row that can be read."])
        let many = try examined("a,converted\n" + (0..<400).map { "1,\($0)\n" }.joined())
        #expect(many.text.stopped?.code == .invalidLabel && !many.obstacles.isEmpty)
    }

    @Test func `a quote left open ends the reading and is named with its line`() throws {
        let rows = (0..<40).map { "\($0),\($0 % 2 == 0 ? "won" : "lost")\n" }.joined()
        let found = try examined("a,converted\n" + rows + "\"open,won\n1,lost\n")
        #expect(found.rows == 40 && found.text.stopped?.line == 42)
    }

    @Test func `a column that isn't there is an error`() throws {
        let error = try #require(throws: TableError.self) {
            try examined("a,converted\n1,won\n", TableExamination.Question(label: "convertd"))
        }
        #expect(error.code == .unknownColumn)
    }

    @Test func `the 28 features of a lead are judged by their schema alone`() throws {
        let header = (Feature.allCases.map(\.name) + ["extra", "converted"]).joined(separator: ",")
        let rows = (0..<60).map { row in
            (Feature.allCases.map { _ in "\(row % 2)" } + ["\(row % 5)", row % 2 == 0 ? "won" : "lost"])
                .joined(separator: ",")
        }
        let found = try examined(([header] + rows).joined(separator: "\n"))
        #expect(try column(found, "primary_location_area").leftOut?.isOverridable == false)
        #expect(try column(found, "decision_stage").leftOut == nil && column(found, "extra").leftOut != nil)
    }

    /// Far more rows than the sample holds: counts stay exact, verdicts the same, memory bounded by the sample's room.
    @Test func `a table longer than its sample is told from a part of it, counts from all of it`() throws {
        let folder = try TemporaryFolder()
        let (rows, room) = (24_000, 8_000)
        var text = "n,channel,duration,closed_on,blank,converted\n"
        var positives = 0
        var generator = SplitMix64(seed: 3)
        for row in 0..<rows {
            let isWon = generator.index(below: 5) == 0
            positives += isWon ? 1 : 0
            let seconds = generator.index(below: 300) + (isWon ? 200 : 0)
            text += "\(row),c\(generator.index(below: 6)),\(seconds),\(isWon ? "2025-03-04" : ""),"
            text += row % 4 == 0 ? ",\(isWon ? 1 : 0)\n" : "x\(row % 12_000),\(isWon ? 1 : 0)\n"
        }
        var calls = 0
        let found = try TableExamination(
            path: folder.write(text, to: "t.csv"), question: TableExamination.Question(label: "converted"),
            sample: RowSample(maximumRows: room)
        ) { done, total in
            calls += 1
            #expect(done <= total ?? 0)
        }
        #expect(calls > 20 && found.rows == rows && found.label.positives == positives)
        #expect((room * 4 / 10...room).contains(found.sampledRows))
        #expect(try column(found, "n").kind == .identifier(reason: "it counts the rows"))
        #expect(try column(found, "n").isDistinctEstimated)
        #expect(abs(Double(try column(found, "n").distinct) / Double(rows) - 1) < 0.08)
        #expect(try column(found, "blank").missing == rows / 4)
        #expect(try column(found, "channel").leakage.verdict == .safe)
        #expect(try column(found, "duration").leakage.verdict == .leaks)
        #expect(try column(found, "closed_on").missingShareInPositives == 0)
        #expect(
            try column(found, "closed_on").kind == .constant && column(found, "closed_on").leakage.verdict == .leaks)
    }
}
