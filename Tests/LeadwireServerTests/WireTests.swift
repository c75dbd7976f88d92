import HTTPTypes
import Leads
import Realtime
import Scoring
import Testing

@testable import LeadwireServer

struct WireTests {
    @Test(arguments: [
        ("nmae", "name"), ("emial", "email"), ("lead_ID", "lead_id"), ("buget_range", "budget_range"),
        ("time_out_ms", "timeout_ms"), ("phone_", "phone"),
    ])
    func `a slip of the pen finds the name that was meant`(given: String, meant: String) {
        #expect(NearestName.of(given, among: LeadField.knownNames) == meant)
    }

    @Test func `a name of another world has no nearest`() {
        #expect(NearestName.of("zzzzzzzzzzzz", among: LeadField.knownNames) == nil)
    }

    @Test func `lines are the same however the bytes arrive`() {
        let text = Array("one\n\n two \r\nmuch too long for it\nthree\nlast".utf8)
        let wanted: [LineSplitter.Line] = [
            .text(Array("one".utf8)), .text(Array(" two ".utf8)), .tooLong, .text(Array("three".utf8)),
            .text(Array("last".utf8)),
        ]
        for split in 0...text.count {
            var splitter = LineSplitter(limit: 8)
            let lines = splitter.append(text[..<split]) + splitter.append(text[split...]) + splitter.finish()
            #expect(lines == wanted, "split at \(split)")
        }
        var splitter = LineSplitter(limit: 8)
        #expect(text.flatMap { splitter.append([$0]) } + splitter.finish() == wanted)
    }

    @Test func `a query is decoded once and a name that comes twice is a problem`() {
        let query = QueryParameters("a=1%202&b=x+y&c&%C3%A9=%E2%82%AC&a=2&bad=%ff")
        #expect(query["a"] == "1 2" && query["b"] == "x y" && query["c"] == "" && query["é"] == "€")
        #expect(query.problems.map(\.field) == ["a", "bad"])
    }

    @Test func `a plus sign of a time survives form decoding`() {
        var problems: [FieldProblem] = []
        let query = QueryParameters("t=2026-11-22T10:30:00+01:00")
        #expect(query.timestamp("t", problems: &problems)?.description == "2026-11-22T09:30:00.000Z")
        #expect(problems.isEmpty)
    }

    @Test func `a route is found by its decoded segments`() {
        let table = RouteTable([
            Route(.get, "/a/{x}/b", role: nil) { _ in .json([]) },
            Route(.delete, "/a/{x}/b", role: nil) { _ in .json([]) },
            Route(.post, "/a/{x}", role: nil) { _ in .json([]) },
        ])
        func describe(_ match: RouteTable.Match) -> String {
            switch match {
            case .route(let route, let parameters): "\(route.pattern) \(parameters)"
            case .otherMethods(let methods): methods.map(\.rawValue).joined(separator: ",")
            case .unknownPath: "unknown"
            case .badPath: "bad"
            }
        }
        #expect(describe(table.match(.get, path: "/a/1%2F2/b")) == #"/a/{x}/b ["1/2"]"#)
        #expect(describe(table.match(.head, path: "/%61/x/b")) == #"/a/{x}/b ["x"]"#)
        #expect(describe(table.match(.post, path: "/a/x/b")) == "GET,DELETE,HEAD,OPTIONS")
        #expect(describe(table.match(.get, path: "/a//b")) == "unknown")
        #expect(describe(table.match(.get, path: "/a/x/b/")) == "unknown")
        #expect(describe(table.match(.get, path: "/a/%x/b")) == "bad")
        #expect(describe(table.match(.get, path: "a/x/b")) == "bad")
    }

    @Test func `a broadcast keeps its audience in the log`() {
        let data = Array(#"{"audience":"mine"}"#.utf8)
        let audience = Audience(roles: [.admin, .agent], reachesEveryone: true)
        let opened = BroadcastEnvelope.open(BroadcastEnvelope.seal(data, audience: audience), type: .custom)
        #expect(opened.data == data && opened.audience == audience)
        let plain = BroadcastEnvelope.open(
            BroadcastEnvelope.seal(data, audience: .subscribers), type: .botStatus)
        #expect(plain.data == data && plain.audience == .subscribers)
        #expect(BroadcastEnvelope.open(data, type: .leadScored).audience == .subscribers)
        #expect(BroadcastEnvelope.open(data, type: .custom).audience.roles == [.admin])
    }

    @Test func `labels of Prometheus are escaped and whole numbers are whole`() {
        var text = PrometheusText()
        text.family("x", .counter, "Help.")
        text.sample("x", [("l", "a\"b\\c\nd")], 3)
        text.sample("x", 0.5)
        #expect(text.text == "# HELP x Help.\n# TYPE x counter\nx{l=\"a\\\"b\\\\c\\nd\"} 3\nx 0.5\n")
    }

    @Test func `equality in constant time is equality`() {
        for (left, right) in [("", ""), ("a", "a"), ("a", "b"), ("ab", "a"), ("a", "ab"), ("", "x"), ("x", "")] {
            #expect(LocalGate.equalInConstantTime(left, right) == (left == right))
        }
    }

    @Test(arguments: ["0.0.0.0", "192.168.1.5", "::", "example.com"])
    func `another address than this machine's own is refused with what to set`(host: String) {
        var settings = ServerSettings()
        settings.host = host
        #expect(settings.refusal?.contains("--auth jwt") == true)
    }

    @Test func `loopback starts, and jwt only with keys`() {
        var settings = ServerSettings()
        #expect(settings.refusal == nil)
        settings.authentication = .jwt
        #expect(settings.refusal?.contains("--jwt-secret-file") == true)
        settings.access.jwks = "http://keys.example/keys"
        #expect(settings.refusal?.contains("https://") == true)
        settings.access.jwks = "https://keys.example/keys"
        #expect(settings.refusal == nil)
    }
}
