import Features
import Leads

/// What a model's row was made from, so that each of its inputs has a name, a value and a sentence.
enum ScoreSubject: Sendable {
    case features(FeatureVector)
    /// The team's own columns, in model order: name, and the value as text where there is one.
    case table([(name: String, value: String?)])

    func name(_ position: Int) -> String {
        switch self {
        case .features: Feature(rawValue: position)?.name ?? "f\(position)"
        case .table(let columns): columns[position].name
        }
    }

    func value(_ position: Int) -> String? {
        switch self {
        case .features(let vector): Feature(rawValue: position).flatMap { FeatureWording.value($0, in: vector) }
        case .table(let columns): columns[position].value
        }
    }

    /// A clause without a full stop.
    func statement(_ position: Int) -> String {
        switch self {
        case .features(let vector):
            Feature(rawValue: position).map { FeatureWording.statement($0, in: vector) } ?? name(position)
        case .table(let columns):
            columns[position].value.map { "\(columns[position].name) is \($0)" }
                ?? "\(columns[position].name) is not known"
        }
    }

    /// The team's own columns as a table model sees them: in its order, absent ones without a value.
    static func table(columns: [String], fields: [CustomField]) -> ScoreSubject {
        var texts: [String: String] = [:]
        for field in fields {
            switch field.value {
            case .number(let number): texts[field.name] = Figures.plain(number, decimals: 4)
            case .text(let text): texts[field.name] = String(text.prefix(80))
            case .bool(let flag): texts[field.name] = flag ? "yes" : "no"
            case .null: break
            }
        }
        return .table(columns.map { ($0, texts[$0]) })
    }
}
