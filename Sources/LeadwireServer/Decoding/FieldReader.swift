import JSONBytes
import Leads

/// The members of a scoring request, sorted into their fields, and all that is wrong with them.
///
/// JSON's null is the same as an absent member.
struct FieldReader {
    private var slots = [JSONElement?](repeating: nil, count: LeadField.allCases.count)
    private(set) var problems: [FieldProblem] = []
    private(set) var warnings: [String] = []

    /// More unknown names than this are counted, not named.
    private static let namedUnknowns = 20
    private var unknownCount = 0

    /// Takes an object's members; the same field twice must mean the same value.
    mutating func collect(_ object: JSONElement, insideLeadData: Bool = false) {
        var leadData: JSONElement?
        for (key, value) in object.members {
            if let field = LeadField(wireName: key) {
                take(value, as: field)
            } else if key == "lead_data", !insideLeadData {
                if let earlier = leadData, earlier.bytes != value.bytes {
                    report("lead_data", "is given twice with different values")
                }
                leadData = value
            } else {
                noteUnknown(key, known: LeadField.knownNames)
            }
        }
        guard let leadData, !leadData.isNull else { return }
        guard leadData.kind == .object else { return report("lead_data", "must be an object") }
        collect(leadData, insideLeadData: true)
    }

    mutating func take(_ value: JSONElement, as field: LeadField) {
        guard !value.isNull else { return }
        guard let earlier = slots[field.rawValue] else {
            slots[field.rawValue] = value
            return
        }
        if !Self.sameValue(earlier, value) { report(field.wireName, "is given twice with different values") }
    }

    private static func sameValue(_ left: JSONElement, _ right: JSONElement) -> Bool {
        guard left.kind == right.kind else { return false }
        return switch left.kind {
        case .string: left.string == right.string
        case .number: left.double == right.double
        default: left.bytes == right.bytes
        }
    }

    mutating func report(_ field: String, _ problem: String) {
        // A caller's own key can be long; a name of 160 bytes still tells which one is meant.
        let name = field.utf8.count <= 160 ? field : String(field.prefix(160))
        guard !problems.contains(where: { $0.field == name }) else { return }
        problems.append(FieldProblem(field: name, problem: problem))
    }

    mutating func warn(_ text: String) {
        warnings.append(text)
    }

    mutating func noteUnknown(_ name: String, known: [String], kind: String = "field") {
        unknownCount += 1
        if unknownCount <= Self.namedUnknowns {
            warnings.append(NearestName.unknown(kind, name, known: known))
        } else if unknownCount == Self.namedUnknowns + 1 {
            warnings.append("more unknown \(kind)s are ignored")
        }
    }

    // MARK: Typed access; a value of another type is a problem and reads as absent.

    func element(_ field: LeadField) -> JSONElement? { slots[field.rawValue] }

    mutating func string(_ field: LeadField) -> String? {
        guard let value = slots[field.rawValue] else { return nil }
        if let text = value.string { return text }
        report(field.wireName, "must be a string")
        return nil
    }

    mutating func number(_ field: LeadField) -> Double? {
        guard let value = slots[field.rawValue] else { return nil }
        if let number = value.double { return number }
        report(field.wireName, value.kind == .number ? "is beyond the range of a number" : "must be a number")
        return nil
    }

    mutating func integer(_ field: LeadField) -> Int? {
        guard let value = slots[field.rawValue] else { return nil }
        if let number = value.int { return number }
        report(field.wireName, "must be an integer")
        return nil
    }

    mutating func flag(_ field: LeadField) -> Bool? {
        guard let value = slots[field.rawValue] else { return nil }
        if let flag = value.bool { return flag }
        report(field.wireName, "must be true or false")
        return nil
    }
}
