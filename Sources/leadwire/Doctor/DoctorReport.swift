import JSONBytes
import Leads
import LeadwireServer
import Scoring

/// Findings for people, a line each, and for programs.
enum DoctorReport {
    static func line(_ finding: Finding) -> String {
        let mark =
            switch finding.verdict {
            case .well: "ok      "
            case .warning: "warning "
            case .broken: "BROKEN  "
            }
        let advice = finding.advice.map { "\n          -> \($0)" } ?? ""
        return "\(mark)\(finding.subject), \(finding.question): \(finding.found)\(advice)"
    }

    /// `{"status", "findings": [{"subject", "question", "verdict", "found", "advice"}], "version", "checked_at"}`; the
    /// status is the worst verdict.
    static func json(_ findings: [Finding], at now: Timestamp) -> [UInt8] {
        var json = JSONWriter(reserving: 2_048)
        json.beginObject()
        let worst = Finding.Verdict.allCases.last { verdict in findings.contains { $0.verdict == verdict } }
        json.member("status", (worst ?? .well).rawValue)
        json.key("findings")
        json.beginArray()
        for finding in findings {
            json.beginObject()
            json.member("subject", finding.subject)
            json.member("question", finding.question)
            json.member("verdict", finding.verdict.rawValue)
            json.member("found", finding.found)
            json.member("advice", finding.advice)
            json.endObject()
        }
        json.endArray()
        json.member("version", LeadwireVersion.current)
        json.member("checked_at", now.description)
        json.endObject()
        return json.bytes
    }
}
