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
            "\(Self.spoken(columns[position].name)) is \(columns[position].value ?? "not known")"
        }
    }

    /// A column's name as a person would say it: `total_visits`, `totalVisits` and `Total Visits` are "Total visits".
    static func spoken(_ name: String) -> String {
        var words: [String] = []
        var word = ""
        var previous: Character = " "
        for character in name {
            let isBreak = character == "_" || character == "-" || character == "." || character.isWhitespace
            let isHump = character.isUppercase && previous.isLowercase
            if isBreak || isHump {
                if !word.isEmpty { words.append(word) }
                word = ""
            }
            if !isBreak { word.append(character) }
            previous = character
        }
        if !word.isEmpty { words.append(word) }
        // What is written in capitals throughout, such as CRM, stays so.
        let spoken = words.map { $0.count > 1 && $0.allSatisfy(\.isUppercase) ? $0 : $0.lowercased() }
            .joined(separator: " ")
        guard !spoken.isEmpty else { return name }
        return spoken.prefix(1).uppercased() + spoken.dropFirst()
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
