import Leads
import Learning
import Testing

struct TableSchemaTests {
    static let asOf = Timestamp(CivilTime(year: 2026, month: 11, day: 22))

    @Test(arguments: [
        ("12.5", NumberStyle.point, 12.5), ("$1,250", .point, 1_250), ("-1,234,567.25", .point, -1_234_567.25),
        ("12%", .point, 12), ("€ 3", .point, 3), ("1e3", .point, 1_000), ("1.250,75", .comma, 1_250.75),
        ("12,5", .comma, 12.5), ("1.250", .comma, 1_250), ("1 €", .comma, 1),
    ])
    func `numbers are read as tables write them`(text: String, style: NumberStyle, value: Double) {
        #expect(style.value(of: text) == value)
    }

    @Test(arguments: ["12,34", "1,2345", "abc", "", "1.2.3", "--1", "1-2", "$"])
    func `what is no number with a decimal point is none`(text: String) {
        #expect(NumberStyle.point.value(of: text) == nil)
    }

    /// "350.000" is a number to `Double` too, but another one.
    @Test(arguments: [("350.000", 350_000.0), ("1.250,75", 1_250.75), ("3,5", 3.5), ("12", 12), ("0.125", 0.125)])
    func `in a column with decimal commas a point parts thousands`(text: String, value: Double) {
        let cell = TableColumn(name: "price", kind: .number(.comma)).encode(text: text, asOf: Self.asOf)
        #expect(cell == EncodedCell(value: Float(value), exact: value, state: .known))
    }

    @Test(arguments: [
        ("2026-11-20", DateStyle.iso, 2.0), ("2026-11-21 12:00", .iso, 0.5), ("2026-11-22T06:00:00Z", .iso, -0.25),
        ("2026/11/21", .yearSlash, 1), ("11/12/2026", .monthFirst, 10), ("12/11/2026", .dayFirst, 10),
        ("1.11.2026", .dayDot, 21),
    ])
    func `dates become ages in days`(text: String, style: DateStyle, age: Double) {
        let cell = TableColumn(name: "seen", kind: .date(style)).encode(text: text, asOf: Self.asOf)
        #expect(cell == EncodedCell(value: Float(age), state: .known))
    }

    @Test(arguments: ["2026-02-30", "20261120", "2026-11-22 25:00", "2026-11-22 10:00 or so", "13/13/2026"])
    func `impossible dates are no dates`(text: String) {
        for style in DateStyle.allCases { #expect(style.timestamp(of: text) == nil) }
    }

    @Test(arguments: ["", " ", "NA", "n/a", "NULL", "nan", "?"])
    func `the spellings of nothing are missing`(text: String) {
        for kind in [ColumnKind.number(.point), .category, .boolean, .date(.iso)] {
            let column = TableColumn(name: "c", kind: kind, vocabulary: ["a", "b"])
            #expect(column.encode(text: text, asOf: Self.asOf).state == .missing)
        }
    }

    @Test func `floats are read straight from their figures`() {
        let column = TableColumn(name: "x", kind: .number(.point))
        for (text, bits) in [
            ("1e-45", UInt32(1)), ("-0.0", 0x8000_0000), ("inf", 0x7F80_0000), ("-inf", 0xFF80_0000),
            // Half way between two floats but for the last figure: rounding to Double first would go the wrong way.
            ("1.00000017881393432617187499", 0x3F80_0001),
        ] {
            #expect(column.encode(text: text, asOf: Self.asOf).value.bitPattern == bits, "\(text)")
        }
    }

    @Test func `a row says what is missing, unseen and out of range`() {
        let schema = TableSchema(columns: [
            TableColumn(name: "visits", kind: .number(.point), range: 0...10),
            TableColumn(name: "channel", kind: .category, vocabulary: ["web", "phone"]),
            TableColumn(name: "returning", kind: .boolean, vocabulary: ["no", "yes"]),
            TableColumn(name: "zip", kind: .category, vocabulary: ["1"], isMasked: true),
        ])
        let row = schema.row(
            of: [
                CustomField(name: "visits", value: .number(11)), CustomField(name: "channel", value: .text("carrier")),
                CustomField(name: "returning", value: .bool(true)), CustomField(name: "zip", value: .text("1")),
                CustomField(name: "other", value: .number(1)),
            ], asOf: Self.asOf)
        #expect(row.outOfRange == [0] && row.unseen == [1] && row.missing == 1)
        #expect(row.values[0] == 11 && row.values[1].isNaN && row.values[2] == 1 && row.values[3].isNaN)
    }

    @Test func `fields and cells of the same meaning give the same row`() {
        let schema = TableSchema(columns: [
            TableColumn(name: "n", kind: .number(.point)),
            TableColumn(name: "code", kind: .category, vocabulary: ["7", "8"]),
            TableColumn(name: "flag", kind: .boolean, vocabulary: ["FALSE", "TRUE"]),
            TableColumn(name: "d", kind: .date(.iso)),
        ])
        let fields = schema.row(
            of: [
                CustomField(name: "d", value: .text("2026-11-20")), CustomField(name: "code", value: .number(8)),
                CustomField(name: "n", value: .number(0.1)), CustomField(name: "flag", value: .text("true")),
            ], asOf: Self.asOf)
        let cells = schema.row(
            ofCells: ["TRUE", " 0.1", "8", "2026-11-20"], positions: [1, 2, 0, 3], asOf: Self.asOf)
        #expect(fields.values == cells.values && fields.values == [0.1, 1, 1, 2])
        #expect(fields.unseen.isEmpty && cells.unseen.isEmpty)
    }

    @Test func `an imported model takes codes where words are known`() {
        let column = TableColumn(name: "c", kind: .category, vocabulary: ["3", "web"], acceptsCodes: true)
        #expect(column.encode(text: "3", asOf: Self.asOf).value == 0)
        #expect(column.encode(text: "1000", asOf: Self.asOf).value == 1_000)
        #expect(column.encode(text: "-0.5", asOf: Self.asOf).value == -0.5)
        #expect(column.encode(text: "fax", asOf: Self.asOf).state == .unseen)
    }

    @Test(arguments: [
        "0.1", "1e-45", "-0.0", "1e-50", "3.4028235e38", "1e39", "-inf", "16777217", "0.30000000000000004",
        // A hair above and below half way between two Floats: rounding by way of Double would lose the hair.
        "1.00000005960464477539062500001", "1.00000005960464477539062499999", "1.000000178813934326171875",
        "1.4012984643248171e-45", "7.006492321624085e-46",
        "7.00649232162408535461864791644958065640130970938257885e-46",
    ])
    func `a number is rounded to Float once, and kept as Double beside it`(text: String) throws {
        let column = TableColumn(name: "n", kind: .number(.point))
        let cell = column.encode(text: text, asOf: Timestamp(milliseconds: 0))
        #expect(cell.value.bitPattern == Float(text)?.bitPattern)
        #expect(cell.exact.bitPattern == Double(text)?.bitPattern)
    }

    @Test func `truth values are numbers to a model of another library, and to no other`() {
        let at = Timestamp(milliseconds: 0)
        let imported = TableColumn(name: "n", kind: .number(.point), acceptsCodes: true)
        #expect(imported.encode(text: "True", asOf: at) == EncodedCell(value: 1, state: .known))
        #expect(imported.encode(text: "false", asOf: at) == EncodedCell(value: 0, state: .known))
        #expect(imported.encode(text: "yes", asOf: at).state == .unseen)
        #expect(TableColumn(name: "n", kind: .number(.point)).encode(text: "True", asOf: at).state == .unseen)
    }
}
