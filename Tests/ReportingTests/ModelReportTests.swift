import Foundation
import JSONBytes
import Learning
import Testing
import Training

@testable import Reporting

#if canImport(FoundationXML)
    import FoundationXML
#endif

struct ModelReportTests {
    private static func options() -> ReportOptions {
        var options = ReportOptions(label: "won")
        options.time = "when"
        options.source = "channel"
        options.groups = ["group"]
        return options
    }

    private static func report(rows: Int = 2_000) throws -> ModelReport {
        let table = try TemporaryTable(ReportCase.table(rows: rows))
        return try ModelReport(path: table.path, artifact: ReportCase.artifact(), options: options())
    }

    @Test func `the figures are those of the table`() throws {
        let report = try Self.report()
        #expect(report.rows == 2_000 && report.positives == report.quality.positives && report.positive == "yes")
        #expect(report.window?.from == "2026-01-10" && report.window?.to == "2026-06-19")
        #expect(report.headline.hasPrefix("Calling the best 20% first would have found "))
        #expect(report.headline.hasSuffix(" of the \(Wording.count(report.positives)) that closed."))
        // The table was drawn from the model's own chances.
        #expect(report.reliability.overall.verdict == .ok)
        #expect(report.months?.entries.map(\.name) == (1...6).map { "2026-0\($0)" })
        #expect(Set(report.source?.entries.map(\.name) ?? []) == ["web", "phone", "referral"])
        #expect(report.factors.map(\.name) == ["visits", "channel"] && report.factors[0].direction == .higherRaises)
        #expect(report.factors[1].levels.first?.name == "referral" && report.explainedRows == 2_000)
        // Half of the rows have fewer visits than the reference.
        #expect(report.drift.features[0].verdict != .ok && report.drift.features[1].verdict == .ok)
        let impact = try #require(report.impacts.first)
        #expect(impact.entries.first { $0.name == "a" }?.verdict == .best && !impact.isModelInput)
        #expect(impact.entries.first { $0.name == "b" }?.verdict == .belowFourFifths)
        #expect(impact.entries.first { $0.name == "rare" }?.verdict == .tooFew)
        // Group b comes with fewer visits, and nothing else: that is what holds it back.
        let held = try #require(impact.entries.first { $0.name == "b" })
        #expect(held.drivers.first?.name == "visits" && held.drivers.first?.push ?? 0 < -0.3)
        #expect(held.hotClosed <= held.hot && impact.entries.first { $0.name == "a" }?.drivers.isEmpty == true)
        #expect(report.baselines.map(\.key) == ["model", "naive_bayes", "best_column", "base_rate"])
        #expect(report.baselineRows == 1_000 && report.baselines[2].name.hasSuffix("visits"))
    }

    @Test func `the same input gives the same bytes`() throws {
        let table = try TemporaryTable(ReportCase.table(rows: 400))
        func made() throws -> ModelReport {
            try ModelReport(path: table.path, artifact: ReportCase.artifact(), options: Self.options())
        }
        let (first, second) = (try made(), try made())
        #expect(first.html() == second.html() && first.json() == second.json())
    }

    @Test func `the page is well formed, runs nothing and fetches nothing`() throws {
        let page = String(decoding: try Self.report(rows: 300).html(), as: UTF8.self)
        for word in ["<script", "<iframe", "<img", "@import", "url(", "http://", "https://"] {
            // The one address is the name of SVG's vocabulary, which nobody fetches.
            let rest = page.replacing("http://www.w3.org/2000/svg", with: "")
            #expect(!rest.contains(word), "\(word)")
        }
        #expect(page.contains("default-src &#39;none&#39;"))
        let parser = XMLParser(data: Data(page.replacing("<!doctype html>", with: "").utf8))
        #expect(parser.parse(), "\(String(describing: parser.parserError)) in line \(parser.lineNumber)")
        #expect(page.split(separator: "<svg").count > 9)
    }

    @Test func `a column, a value and a group that are markup stay text`() throws {
        let evil = "<script>alert(1)</script>"
        var text = try ReportCase.table(rows: 400, column: evil)
        text = text.replacing(",a,", with: ",\(ReportCase.quoted("\"><img src=x onerror=alert(2)>")),")
        text = text.replacing(",group,", with: ",\(ReportCase.quoted("</td><svg onload=alert(3)>")),")
        let table = try TemporaryTable(text)
        var options = Self.options()
        options.source = evil
        options.groups = ["</td><svg onload=alert(3)>"]
        let report = try ModelReport(path: table.path, artifact: ReportCase.artifact(column: evil), options: options)
        let page = String(decoding: report.html(), as: UTF8.self)
        #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
        for word in ["<script", "<img", "<svg onload", "<b>model"] { #expect(!page.contains(word), "\(word)") }
        #expect(XMLParser(data: Data(page.replacing("<!doctype html>", with: "").utf8)).parse())
    }

    @Test func `the JSON says what the page says`() throws {
        let report = try Self.report(rows: 600)
        let root = try JSONDocument(parsing: report.json()).root
        #expect(root["schema"]?.string == "leadwire/report/1" && root["headline"]?.string == report.headline)
        #expect(root["rows"]?.int == 600 && root["figures"]?["auc"]?.double == report.quality[.auc])
        #expect(root["found_in_first"]?.count == 3 && root["curves"]?["gain"]?["values"]?.count == 101)
        #expect(root["fair_housing"]?.elements.first(where: { _ in true })?["column"]?.string == "group")
        #expect(root["drift"]?["features"]?.count == 2 && root["baselines"]?.count == 4)
        #expect(root["left_out"]?.elements.first(where: { _ in true })?["column"]?.string == "closed_on")
    }

    @Test func `a group column that the model reads is a finding`() throws {
        let table = try TemporaryTable(ReportCase.table(rows: 300))
        var options = Self.options()
        options.groups = ["channel"]
        let report = try ModelReport(path: table.path, artifact: ReportCase.artifact(), options: options)
        #expect(report.impacts[0].isModelInput)
        #expect(String(decoding: report.html(), as: UTF8.self).contains("A group must never be an input."))
    }

    @Test func `a model without reference or distributions is reported as far as it goes`() throws {
        let table = try TemporaryTable(ReportCase.table(rows: 300))
        let full = try ReportCase.artifact()
        let parts = ModelArtifact.Parts(kind: .imported, schema: full.schema, card: ModelCard(name: "bare"))
        let bare = try ModelArtifact(forest: full.forest, parts: parts)
        let report = try ModelReport(path: table.path, artifact: bare, options: Self.options())
        #expect(report.drift.verdict == .unknown && report.baselines.isEmpty)
        #expect(report.impacts[0].entries.reduce(0) { $0 + $1.hot } == 60)
        let page = String(decoding: report.html(), as: UTF8.self)
        #expect(page.contains("Hot here is the highest fifth of this file."))
    }

    @Test func `cells that can't be read and repeated rows are told`() throws {
        var text = try ReportCase.table(rows: 200)
        text += "2026-06-19,many,web,a,no\nsoon,3,web,a,no\nsoon,3,web,a,no\n"
        let table = try TemporaryTable(text)
        var options = Self.options()
        options.time = nil
        let report = try ModelReport(path: table.path, artifact: ReportCase.artifact(), options: options)
        #expect(report.warnings == ["1 cells of \"visits\" are no number and count as missing"])
        #expect(report.repeatedRows >= 1 && report.window == nil && report.months == nil)
        #expect(String(decoding: report.html(), as: UTF8.self).contains("an earlier one to the letter"))
    }

    @Test func `what makes no sense is refused by name`() throws {
        let table = try TemporaryTable(ReportCase.table(rows: 100))
        func code(_ artifact: ModelArtifact? = nil, _ change: (inout ReportOptions) -> Void) throws -> TableError {
            var options = Self.options()
            change(&options)
            let chosen = options
            let artifact = try artifact ?? ReportCase.artifact()
            return try #require(throws: TableError.self) {
                try ModelReport(path: table.path, artifact: artifact, options: chosen)
            }
        }
        #expect(try code { $0.groups = ["groop"] }.message.contains("did you mean \"group\"?"))
        #expect(try code { $0.groups = ["won"] }.code == .invalidOption)
        #expect(try code { $0.time = "visits" }.code == .invalidOption)
        #expect(try code { $0.positive = "maybe" }.code == .invalidLabel)
        #expect(try code { $0.label = "wonn" }.code == .unknownColumn)
        let scan = try OutcomeScan(path: table.path, artifact: ReportCase.artifact(), label: "won")
        #expect(try code(ReportCase.artifact(hash: scan.sha256)) { _ in }.code == .trainingRows)
    }
}
