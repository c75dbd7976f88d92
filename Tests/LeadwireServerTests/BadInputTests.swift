import JSONBytes
import LeadwireServer
import Testing

/// One wrong request, the status it gets, and the field that the answer names.
struct BadInput: Sendable {
    var name: String
    var method = "POST"
    var path = "/api/v1/ml/score"
    var body: String?
    var headers: [(String, String)] = []
    var status: Int
    var field: String?
}

@Suite(.timeLimit(.minutes(5)))
struct BadInputTests {
    private static func lead(_ members: String, _ field: String) -> BadInput {
        BadInput(name: members, body: #"{"lead_id":"b",\#(members)}"#, status: 422, field: field)
    }

    private static let long = String(repeating: "x", count: 1_001)

    static let leads: [BadInput] = [
        BadInput(name: "nothing", body: "", status: 400),
        BadInput(name: "cut off", body: #"{"lead_id":"#, status: 400),
        BadInput(name: "trailing comma", body: #"{"lead_id":"b",}"#, status: 400),
        BadInput(name: "two documents", body: #"{"lead_id":"b"}{}"#, status: 400),
        BadInput(name: "not a number", body: #"{"lead_id":"b","bedrooms":01}"#, status: 400),
        BadInput(name: "bare NaN", body: #"{"lead_id":"b","message_length":NaN}"#, status: 400),
        BadInput(name: "an array", body: "[]", status: 422, field: "body"),
        BadInput(name: "a string", body: #""lead""#, status: 422, field: "body"),
        BadInput(
            name: "too deep", body: String(repeating: "[", count: 17) + String(repeating: "]", count: 17), status: 422,
            field: "body"),
        BadInput(name: "no id", body: "{}", status: 422, field: "lead_id"),
        BadInput(name: "null id", body: #"{"lead_id":null}"#, status: 422, field: "lead_id"),
        BadInput(name: "empty id", body: #"{"lead_id":""}"#, status: 422, field: "lead_id"),
        BadInput(name: "numeric id", body: #"{"lead_id":7}"#, status: 422, field: "lead_id"),
        BadInput(name: "control in id", body: #"{"lead_id":"a\u0007b"}"#, status: 422, field: "lead_id"),
        BadInput(
            name: "long id", body: #"{"lead_id":"\#(String(repeating: "i", count: 129))"}"#, status: 422,
            field: "lead_id"),
        lead(#""lead_data":5"#, "lead_data"), lead(#""lead_data":[]"#, "lead_data"),
        lead(#""name":5"#, "name"), lead(#""name":"\#(long)""#, "name"),
        lead(#""lead_data":{"name":"A"},"name":"B""#, "name"), lead(#""lead_name":"A","name":"B""#, "name"),
        lead(#""message":"A","message_content":"B""#, "message"), lead(#""name":"A","name":"B""#, "name"),
        lead(#""email":"nobody""#, "email"), lead(#""email":true"#, "email"),
        lead(#""phone":"12345""#, "phone"), lead(#""phone":5551234567"#, "phone"),
        lead(#""message":{}"#, "message"),
        lead(#""message":"\#(String(repeating: "m", count: 16_385))""#, "message"),
        lead(#""messages":{}"#, "messages"), lead(#""messages":[5]"#, "messages[0]"),
        lead(#""messages":[{"direction":"in","body":"x","at":"2026-01-01T00:00:00Z"}]"#, "messages[0].direction"),
        lead(#""messages":[{"direction":"inbound","at":"2026-01-01T00:00:00Z"}]"#, "messages[0].body"),
        lead(#""messages":[{"direction":"inbound","body":"x","at":"yesterday"}]"#, "messages[0].at"),
        lead(#""messages":[{"direction":"inbound","body":"x","at":"2026-02-30T00:00:00Z"}]"#, "messages[0].at"),
        lead(
            #""messages":[{"direction":"inbound","body":"x","at":"2026-01-01T00:00:00Z","automated":1}]"#,
            "messages[0].automated"),
        lead(#""source":[]"#, "source"), lead(#""referral_source":1"#, "referral_source"),
        lead(#""budget_range":450000"#, "budget_range"), lead(#""property_type":false"#, "property_type"),
        lead(#""location_preference":"\#(long)""#, "location_preference"),
        lead(#""timeline_urgency":2"#, "timeline_urgency"),
        lead(#""bedrooms":11"#, "bedrooms"), lead(#""bedrooms":-1"#, "bedrooms"), lead(#""bedrooms":2.5"#, "bedrooms"),
        lead(#""bedrooms":"3""#, "bedrooms"),
        lead(#""response_time_hours":-1"#, "response_time_hours"), lead(#""message_length":"9""#, "message_length"),
        lead(#""message_length":1e999"#, "message_length"), lead(#""questions_asked":-0.5"#, "questions_asked"),
        lead(#""previous_interactions":[]"#, "previous_interactions"),
        lead(#""price_mentioned":"yes""#, "price_mentioned"), lead(#""family_mentioned":1"#, "family_mentioned"),
        lead(#""custom_fields":[]"#, "custom_fields"), lead(#""custom_fields":{"a":{}}"#, "custom_fields.a"),
        lead(#""custom_fields":{"a":[1]}"#, "custom_fields.a"),
        lead(#""custom_fields":{"a":1,"a":2}"#, "custom_fields.a"),
        lead(#""request_id":"""#, "request_id"), lead(#""request_id":5"#, "request_id"),
        lead(#""force_refresh":"no""#, "force_refresh"), lead(#""include_explanations":0"#, "include_explanations"),
        lead(#""include_features":"true""#, "include_features"), lead(#""escalation":"later""#, "escalation"),
        lead(#""timeout_ms":99"#, "timeout_ms"), lead(#""timeout_ms":30001"#, "timeout_ms"),
        lead(#""timeout_ms":"1000""#, "timeout_ms"),
    ]

    private static let ml = "/api/v1/ml"

    static let others: [BadInput] = [
        BadInput(name: "form", body: "{}", headers: [("Content-Type", "text/plain")], status: 415),
        BadInput(name: "no type", body: "{}", headers: [("Content-Type", "")], status: 415),
        BadInput(
            name: "key", body: #"{"lead_id":"b"}"#, headers: [("Idempotency-Key", "a b")], status: 422,
            field: "Idempotency-Key"),
        BadInput(
            name: "include", path: ml + "/score?include=all", body: #"{"lead_id":"b"}"#, status: 422, field: "include"),
        BadInput(
            name: "twice", path: ml + "/score?include=features&include=features", body: #"{"lead_id":"b"}"#,
            status: 422, field: "include"),
        BadInput(
            name: "features", path: ml + "/score/features", body: #"{"lead_id":"b"}"#, status: 422, field: "features"),
        BadInput(
            name: "feature value", path: ml + "/score/features",
            body: #"{"lead_id":"b","features":{"timeline_category":"soon"}}"#, status: 422,
            field: "features.timeline_category"),
        BadInput(
            name: "feature kind", path: ml + "/score/features",
            body: #"{"lead_id":"b","features":{"is_pre_approved":1}}"#, status: 422, field: "features.is_pre_approved"),
        BadInput(
            name: "feature schema", path: ml + "/score/features",
            body: #"{"lead_id":"b","features":{"schema":"features/9","values":{}}}"#, status: 422,
            field: "features.schema"),
        BadInput(name: "no leads", path: ml + "/batch-score", body: "{}", status: 422, field: "leads"),
        BadInput(name: "none", path: ml + "/batch-score", body: #"{"leads":[]}"#, status: 422, field: "leads"),
        BadInput(
            name: "101", path: ml + "/batch-score",
            body: #"{"leads":["# + Array(repeating: "{}", count: 101).joined(separator: ",") + "]}", status: 422,
            field: "leads"),
        BadInput(name: "as_of", method: "GET", path: ml + "/score/b?as_of=now", status: 422, field: "as_of"),
        BadInput(name: "escape", method: "GET", path: ml + "/score/%zz", status: 400),
        BadInput(name: "UTF-8", method: "GET", path: ml + "/score/%ff", status: 400),
        BadInput(name: "control", method: "GET", path: ml + "/score/%07", status: 422, field: "lead_id"),
        BadInput(name: "unknown lead", method: "GET", path: ml + "/score/nobody", status: 404),
        BadInput(name: "history", method: "GET", path: ml + "/score/b/history?limit=0", status: 422, field: "limit"),
        BadInput(
            name: "class", method: "GET", path: ml + "/leads?classification=tepid", status: 422, field: "classification"
        ),
        BadInput(name: "minimum", method: "GET", path: ml + "/leads?min_score=101", status: 422, field: "min_score"),
        BadInput(name: "NaN", method: "GET", path: ml + "/leads?min_score=nan", status: 422, field: "min_score"),
        BadInput(name: "flag", method: "GET", path: ml + "/leads?needs_review=1", status: 422, field: "needs_review"),
        BadInput(
            name: "since", method: "GET", path: ml + "/leads?updated_since=x", status: 422, field: "updated_since"),
        BadInput(name: "sort", method: "GET", path: ml + "/leads?sort=name", status: 422, field: "sort"),
        BadInput(name: "limit", method: "GET", path: ml + "/leads?limit=201", status: 422, field: "limit"),
        BadInput(name: "cursor", method: "GET", path: ml + "/leads?cursor=abc", status: 422, field: "cursor"),
        BadInput(name: "long source", method: "GET", path: ml + "/leads?source=" + long, status: 422, field: "source"),
        BadInput(
            name: "connections' cursor", method: "GET", path: ml + "/ws/connections?cursor=abc", status: 422,
            field: "cursor"),
        BadInput(name: "review", path: ml + "/leads/b/review", body: "{}", status: 422, field: "classification"),
        BadInput(
            name: "outcome", path: ml + "/outcomes", body: #"{"lead_id":"b","outcome":"maybe"}"#, status: 422,
            field: "outcome"),
        BadInput(
            name: "value", path: ml + "/outcomes", body: #"{"lead_id":"b","outcome":"won","value":-1}"#, status: 422,
            field: "value"),
        BadInput(
            name: "at", path: ml + "/outcomes", body: #"{"lead_id":"b","outcome":"won","at":"x"}"#, status: 422,
            field: "at"),
        BadInput(
            name: "future", path: ml + "/outcomes",
            body: #"{"lead_id":"b","outcome":"won","at":"2126-11-25T09:30:00Z"}"#, status: 422, field: "at"),
        BadInput(
            name: "two moments", path: ml + "/outcomes",
            body: #"{"lead_id":"b","outcome":"won","at":"2026-11-01T09:30:00Z","outcome_at":"2026-11-02T09:30:00Z"}"#,
            status: 422, field: "outcome_at"),
        BadInput(
            name: "event", path: ml + "/ws/broadcast", body: #"{"event_type":"lead_scored","data":{}}"#, status: 422,
            field: "event_type"),
        BadInput(
            name: "data", path: ml + "/ws/broadcast", body: #"{"event_type":"custom","data":1}"#, status: 422,
            field: "data"),
        BadInput(
            name: "roles", path: ml + "/ws/broadcast", body: #"{"event_type":"custom","data":{},"roles":["boss"]}"#,
            status: 422, field: "roles"),
        BadInput(
            name: "to", path: ml + "/ws/broadcast", body: #"{"event_type":"custom","data":{},"to":"me"}"#, status: 422,
            field: "to"),
        BadInput(name: "connection", method: "DELETE", path: ml + "/ws/connections/none", status: 404),
        BadInput(name: "page", method: "GET", path: ml + "/ws/connections?limit=0", status: 422, field: "limit"),
        BadInput(name: "version", path: ml + "/models/none/promote", status: 404),
        BadInput(name: "no model", method: "GET", path: "/v2/models/none", status: 404),
        BadInput(name: "no inputs", path: "/v2/models/leadwire/infer", body: "{}", status: 422, field: "inputs"),
        BadInput(
            name: "shape", path: "/v2/models/leadwire/infer",
            body: #"{"inputs":[{"name":"x","shape":[1,3],"datatype":"FP32","data":[1,2,3]}]}"#, status: 422,
            field: "inputs[0].shape"),
        BadInput(name: "no path", method: "GET", path: "/api/v1/ml/nothing", status: 404),
        BadInput(name: "method", method: "GET", path: ml + "/score", status: 405),
        BadInput(name: "patch", method: "PATCH", path: ml + "/leads/b", status: 405),
    ]

    @Test func `every wrong input gets its status, names its field and echoes no value`() async throws {
        #expect(Self.leads.count + Self.others.count >= 60)
        try await LiveServer.run { server in
            for input in Self.leads + Self.others {
                let answer = try await server.send(
                    input.method, input.path, body: input.body.map { Array($0.utf8) }, headers: input.headers)
                #expect(answer.status == input.status, "\(input.name): \(answer.text)")
                let error = try answer.json()
                #expect(error["error"]?.string?.isEmpty == false && error["message"]?.string?.isEmpty == false)
                #expect(error["request_id"]?.string?.count == 32 && error["timestamp"]?.string?.hasSuffix("Z") == true)
                if let field = input.field {
                    #expect(try answer.fields().contains(field), "\(input.name): \(answer.text)")
                }
                if input.status == 405 { #expect(answer.header("allow")?.contains("OPTIONS") == true) }
            }
        }
    }

    @Test func `all wrong fields are named at once`() async throws {
        try await LiveServer.run { server in
            let answer = try await server.score(
                #"{"lead_id":"","phone":"1","email":"x","bedrooms":99,"message":5,"timeout_ms":1,"lead_data":{"source":1}}"#
            )
            #expect(answer.status == 422)
            #expect(
                Set(try answer.fields())
                    == ["lead_id", "phone", "email", "bedrooms", "message", "timeout_ms", "source"])
        }
    }

    @Test func `unknown names are warnings with the nearest known name`() async throws {
        try await LiveServer.run { server in
            let answer = try await server.score(#"{"lead_id":"w","emial":"a@b","lead_data":{"budget_rnage":"500k"}}"#)
            #expect(answer.status == 200)
            let warnings = try answer.json()["warnings"].map { $0.elements.compactMap(\.string) } ?? []
            #expect(warnings.contains { $0.contains("emial") && $0.contains("\"email\"") })
            #expect(warnings.contains { $0.contains("budget_rnage") && $0.contains("\"budget_range\"") })
            let list = try await server.get("/api/v1/ml/leads?min_scor=80")
            #expect(try list.json()["warnings"]?.elements.compactMap(\.string).first?.contains("min_score") == true)
        }
    }

    @Test func `a body that is too large is answered after it was taken`() async throws {
        try await LiveServer.run { server in
            for size in [(1 << 20) + 1, 3 << 20, 15 << 20] {
                let body = [UInt8](repeating: UInt8(ascii: "x"), count: size)
                let answer = try await server.send("POST", "/api/v1/ml/score", body: body)
                #expect(answer.status == 413, "\(size) bytes")
                #expect(try answer.json()["error"]?.string == "too_large")
            }
            let head =
                "POST /api/v1/ml/score HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\n"
                + "Content-Type: application/json\r\nContent-Length: 99999999\r\n\r\n"
            let answer = try HTTPAnswer(try await server.exchange(Array(head.utf8)))
            #expect(answer.status == 413 && answer.header("connection") == "close")
        }
    }

    @Test func `a body within its limit is taken, however little of a larger one is read`() async throws {
        var settings = ServerSettings()
        settings.limits.bodyBytes = 4_000
        settings.limits.discardedBytes = 1_000
        try await LiveServer.run(settings: settings) { server in
            let message = String(repeating: "word ", count: 400)
            let answer = try await server.score(#"{"lead_id":"large","message":"\#(message)"}"#)
            #expect(answer.status == 200, "\(answer.text)")
        }
    }
}
