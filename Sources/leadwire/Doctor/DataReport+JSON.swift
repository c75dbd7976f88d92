import Features
import JSONBytes
import Leads
import Training

extension DataReport {
    /// `{"file", "status", "obstacles", "remarks", "table", "label", "columns"}`; the status is `trainable` or `refused`.
    static func json(_ found: TableExamination, file: String) -> [UInt8] {
        var json = JSONWriter(reserving: 4_096)
        json.beginObject()
        json.member("file", file)
        json.member("status", found.obstacles.isEmpty ? "trainable" : "refused")
        strings("obstacles", found.obstacles, to: &json)
        strings("remarks", found.remarks, to: &json)
        table(found, to: &json)
        label(found.label, to: &json)
        json.key("columns")
        json.beginArray()
        for column in found.columns { self.column(column, to: &json) }
        json.endArray()
        json.endObject()
        return json.bytes
    }

    private static func table(_ found: TableExamination, to json: inout JSONWriter) {
        let text = found.text
        json.key("table")
        json.beginObject()
        json.member("rows", found.rows)
        json.member("bytes", text.bytes)
        json.member("encoding", text.encoding.rawValue)
        json.member("delimiter", String(UnicodeScalar(text.delimiter)))
        json.member("byte_order_mark", text.hasByteOrderMark)
        json.member("quoted_line_ends", text.quotedLineEnds)
        json.member("sampled_rows", found.sampledRows)
        json.key("repeated_rows")
        json.beginObject()
        json.member("count", found.repeatedRows)
        json.member("is_estimated", found.areRepeatedRowsEstimated)
        lines(found.repeatedRowLines, to: &json)
        json.endObject()
        marked("wrong_cell_count", text.wrongCellCount, to: &json)
        marked("misquoted", text.misquoted, to: &json)
        marked("not_utf8", text.notUTF8, to: &json)
        marked("encoded_twice", text.twiceEncoded, to: &json)
        json.endObject()
    }

    private static func label(_ label: LabelExamination, to json: inout JSONWriter) {
        json.key("label")
        json.beginObject()
        json.member("column", label.column)
        json.member("positive", label.positive)
        json.member("rows", label.rows)
        json.member("positives", label.positives)
        json.member("base_rate", label.baseRate)
        marked("missing", label.missing, to: &json)
        json.key("values")
        json.beginArray()
        for value in label.values {
            json.beginObject()
            json.member("value", value.text)
            json.member("rows", value.rows)
            json.endObject()
        }
        json.endArray()
        json.endObject()
    }

    private static func column(_ column: ColumnExamination, to json: inout JSONWriter) {
        json.beginObject()
        json.member("name", column.name)
        json.member("role", column.role.rawValue)
        json.member("kind", column.kind.word)
        json.member("kind_because", column.kind.explanation)
        json.member("missing", column.missing)
        json.member("missing_share", column.missingShare)
        json.member("missing_share_positives", column.missingShareInPositives)
        json.member("missing_share_negatives", column.missingShareInNegatives)
        json.member("distinct", column.distinct)
        json.member("distinct_is_estimated", column.isDistinctEstimated)
        json.member("auc", column.auc?.value)
        json.member("auc_lower_bound", column.auc?.lowerBound)
        json.member("first_date", column.dates.map { $0.first.description })
        json.member("last_date", column.dates.map { $0.last.description })
        json.member("later_than_time", column.dates?.laterThanTime)
        let (policy, reason): (String, String?) =
            switch column.policy {
            case .allowed: ("allowed", nil)
            case .proxy(let reason): ("proxy", reason)
            case .blocked(let reason): ("blocked", reason)
            }
        json.member("policy", policy)
        json.member("policy_reason", reason)
        json.member("verdict", column.leakage.verdict.rawValue)
        strings("evidence", column.leakage.evidence, to: &json)
        json.member("used", column.leftOut == nil)
        json.member("left_out", column.leftOut?.reason)
        json.endObject()
    }

    // MARK: Parts

    private static func strings(_ name: StaticString, _ values: [String], to json: inout JSONWriter) {
        json.key(name)
        json.beginArray()
        for value in values { json.value(value) }
        json.endArray()
    }

    private static func marked(_ name: StaticString, _ rows: MarkedRows, to json: inout JSONWriter) {
        json.key(name)
        json.beginObject()
        json.member("count", rows.count)
        lines(rows.firstLines, to: &json)
        json.endObject()
    }

    private static func lines(_ lines: [Int], to json: inout JSONWriter) {
        json.key("lines")
        json.beginArray()
        for line in lines { json.value(line) }
        json.endArray()
    }
}
