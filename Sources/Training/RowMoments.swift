import Leads
import Learning

/// When each row of a table was true: what orders the rows, and from when dates are turned into ages.
struct RowMoments {
    /// The time column's name.
    let column: String?
    /// For each row its place in time; nil without a time column.
    let order: [Double]?
    /// For each row the moment that its dates are aged to, or one moment for all: the newest date in the table, which is
    /// about when it was exported.
    let asOf: [Timestamp]
    /// First and last day of the rows, where the time column holds dates.
    let window: (from: String?, to: String?)

    init(table: RawTable, plan: ColumnPlan, time: String?) throws(TableError) {
        column = time
        let newest = Self.newestDate(table: table, plan: plan)
        guard let time else {
            order = nil
            asOf = [newest]
            window = (nil, nil)
            return
        }
        let raw = table.columns[try table.position(of: time)]
        guard let style = plan.timeStyle else {
            order = try Self.values(raw) { NumberStyle.point.value(of: $0) }
            asOf = [newest]
            window = (nil, nil)
            return
        }
        let milliseconds = try Self.values(raw) { style.timestamp(of: $0).map { Double($0.milliseconds) } }
        order = milliseconds
        asOf = milliseconds.map { Timestamp(milliseconds: Int64($0)) }
        let first = milliseconds.min().map { Self.day(Int64($0)) }
        window = (first, milliseconds.max().map { Self.day(Int64($0)) })
    }

    private static func values(
        _ raw: RawTable.Column, _ read: (String) -> Double?
    ) throws(TableError) -> [Double] {
        // "NaN" is a number to `Double`, and puts no row in order.
        let byCode = raw.texts.map { MissingSpelling.isMissing(CellText.trimmed($0)) ? nil : read($0) }
        var values: [Double] = []
        values.reserveCapacity(raw.codes.count)
        for (row, code) in raw.codes.enumerated() {
            guard let value = byCode[Int(code)] else {
                throw TableError(.invalidOption, "data row \(row + 1) has no time in \"\(raw.name)\" to order it by")
            }
            values.append(value)
        }
        return values
    }

    private static func newestDate(table: RawTable, plan: ColumnPlan) -> Timestamp {
        var newest: Timestamp?
        for column in plan.used {
            guard case .date(let style) = column.kind, let position = try? table.position(of: column.name) else {
                continue
            }
            for text in table.columns[position].texts {
                guard let moment = style.timestamp(of: text), newest.map({ moment > $0 }) ?? true else { continue }
                newest = moment
            }
        }
        return newest ?? Timestamp(milliseconds: 0)
    }

    private static func day(_ milliseconds: Int64) -> String {
        String(Timestamp(milliseconds: milliseconds).description.prefix(10))
    }
}
