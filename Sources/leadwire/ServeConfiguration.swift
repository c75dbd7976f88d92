import Foundation
import LeadwireServer
import Redis
import StorePostgres

/// Every setting of `leadwire serve`; the raw value is the key in `leadwire.yaml`, and upper-cased behind `LEADWIRE_` the
/// name in the environment.
enum ServeKey: String, CaseIterable, Sendable {
    case host, port, data, database, redis, model, auth, profile, durability
    case jwtSecretFile = "jwt_secret_file"
    case jwks
    case jwtAudience = "jwt_audience"
    case jwtIssuer = "jwt_issuer"
    case allowedOrigins = "allowed_origins"
    case operatorTenant = "operator_tenant"
    case acceptPolicyOverride = "accept_policy_override"
    case logLevel = "log_level"
    case bodyLimitBytes = "body_limit_bytes"
    case batchBodyLimitBytes = "batch_body_limit_bytes"
    case lineLimitBytes = "line_limit_bytes"
    case maximumConcurrentScores = "max_concurrent_scores"
    case drainWindowMilliseconds = "drain_window_ms"
    case drainDeadlineMilliseconds = "drain_deadline_ms"
    case retrainAfterOutcomes = "retrain_after_outcomes"
    case retrainEveryHours = "retrain_every_hours"
    case labelWindowDays = "label_window_days"
    case promotion

    var environmentName: String { "LEADWIRE_" + rawValue.uppercased() }

    /// What stands where nobody says otherwise; nil for nothing.
    var defaultValue: String? {
        switch self {
        case .host: "127.0.0.1"
        case .port: "8000"
        case .data: "data"
        case .auth: "local"
        case .durability: "full"
        case .acceptPolicyOverride: "false"
        case .logLevel: "notice"
        case .bodyLimitBytes: "1048576"
        case .batchBodyLimitBytes: "8388608"
        case .lineLimitBytes: "262144"
        case .maximumConcurrentScores: "\(ServerSettings.defaultConcurrentScores)"
        case .drainWindowMilliseconds: "500"
        case .drainDeadlineMilliseconds: "10000"
        case .retrainAfterOutcomes: "50"
        case .retrainEveryHours: "24"
        case .labelWindowDays: "90"
        case .promotion: "auto"
        case .database, .redis, .model, .profile, .jwtSecretFile, .jwks, .jwtAudience, .jwtIssuer, .allowedOrigins,
            .operatorTenant:
            nil
        }
    }

    /// May hold a password (a database's address does).
    var isSecret: Bool { self == .database || self == .redis || self == .jwks }
}

/// The settings with where each comes from: flags over environment over file over defaults.
struct ServeConfiguration: Sendable {
    struct Value: Sendable, Equatable {
        var text: String
        var origin: String
    }

    private(set) var values: [ServeKey: Value] = [:]

    init(
        flags: [(ServeKey, String?)], environment: [String: String], file: (name: String, entries: [(String, String)])?
    ) throws(ConfigurationError) {
        for key in ServeKey.allCases {
            values[key] = key.defaultValue.map { Value(text: $0, origin: "default") }
        }
        if let file {
            for (name, text) in file.entries {
                guard let key = ServeKey(rawValue: name) else {
                    throw .unknown("key \"\(name)\" in \(file.name)", name, ServeKey.allCases.map(\.rawValue))
                }
                values[key] = Value(text: text, origin: file.name)
            }
        }
        for (name, text) in environment.sorted(by: { $0.key < $1.key }) where Self.isOurs(name, text) {
            guard let key = ServeKey.allCases.first(where: { $0.environmentName == name }) else {
                throw .unknown("environment variable \(name)", name, ServeKey.allCases.map(\.environmentName))
            }
            values[key] = Value(text: text, origin: name)
        }
        for (key, text) in flags {
            if let text { values[key] = Value(text: text, origin: "--" + Self.flagName(key)) }
        }
    }

    /// Kubernetes gives every pod variables of its services; for those that are called leadwire or leadwire-something they
    /// begin like ours: `LEADWIRE_PORT=tcp://…`, `LEADWIRE_REDIS_SERVICE_HOST`. So do those that name the servers of our tests.
    private static func isOurs(_ name: String, _ text: String) -> Bool {
        guard name.hasPrefix("LEADWIRE_"), !name.hasPrefix("LEADWIRE_TEST_") else { return false }
        let isOfService = ["_SERVICE_HOST", "_SERVICE_PORT", "_PORT_"].contains { name.contains($0) }
        return !isOfService && !(name.hasSuffix("_PORT") && text.contains("://"))
    }

    private static func flagName(_ key: ServeKey) -> String {
        key.rawValue.split(separator: "_").joined(separator: "-")
    }

    // MARK: Typed access

    func text(_ key: ServeKey) -> String? { values[key]?.text }

    func integer(_ key: ServeKey, in range: ClosedRange<Int>) throws(ConfigurationError) -> Int {
        guard let value = values[key] else { throw ConfigurationError("\(key.rawValue) is not set") }
        guard let number = Int(value.text), range.contains(number) else {
            throw ConfigurationError(
                "\(key.rawValue) must be an integer from \(range.lowerBound) to \(range.upperBound), "
                    + "not \"\(value.text)\" (\(value.origin))")
        }
        return number
    }

    func choice<Choice: RawRepresentable & CaseIterable>(
        _ key: ServeKey, _ type: Choice.Type = Choice.self
    ) throws(ConfigurationError) -> Choice where Choice.RawValue == String {
        guard let value = values[key] else { throw ConfigurationError("\(key.rawValue) is not set") }
        guard let choice = Choice(rawValue: value.text) else {
            throw .unknown(
                "value \"\(value.text)\" of \(key.rawValue) (\(value.origin))", value.text,
                Choice.allCases.map(\.rawValue))
        }
        return choice
    }

    func flag(_ key: ServeKey) throws(ConfigurationError) -> Bool {
        let value = values[key]
        switch value?.text {
        case "true", "yes", "1": return true
        case "false", "no", "0", nil: return false
        case let text?:
            throw ConfigurationError("\(key.rawValue) must be true or false, not \"\(text)\" (\(value?.origin ?? ""))")
        }
    }

    /// One line a setting: `port: 8000    # default`. What may hold a password is masked.
    func printed() -> String {
        ServeKey.allCases.map { key in
            guard let value = values[key] else { return "\(key.rawValue):    # not set" }
            let shown = key.isSecret ? Self.masked(value.text) : value.text
            return "\(key.rawValue): \(shown)    # \(value.origin)"
        }.joined(separator: "\n")
    }

    /// `postgres://user:secret@host/db` without its passwords; of any other address, without what stands between `//`
    /// and `@`.
    static func masked(_ address: String) -> String {
        if PostgresAddress.isOne(address) { return PostgresAddress.masked(address) }
        if RedisAddress.isOne(address) { return RedisAddress.masked(address) }
        guard let at = address.lastIndex(of: "@"), let scheme = address.range(of: "//") else { return address }
        guard scheme.upperBound < at else { return address }
        return address[..<scheme.upperBound] + "***" + address[at...]
    }
}

/// A wrong setting, told so that it can be put right.
struct ConfigurationError: Error, Sendable, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }

    static func unknown(_ what: String, _ given: String, _ known: [String]) -> ConfigurationError {
        if let nearest = NearestName.of(given, among: known) {
            return ConfigurationError("unknown \(what); did you mean \(nearest)?")
        }
        return ConfigurationError("unknown \(what); known are \(known.joined(separator: ", "))")
    }
}
