import Features
import Foundation
import Leads
import LeadwireServer
import Yams

/// Reads `profile.yaml` into the agency's profile; every value is checked, and a wrong one is named with its line.
struct ServeProfile {
    private let path: String

    static func load(from path: String) throws(ConfigurationError) -> AgencyProfile {
        try ServeProfile(path: path).read(try ServeFiles.mapping(at: path))
    }

    private static let keys = [
        "commission_rate", "currency", "time_zone", "hemisphere", "price_bands", "segments", "service_areas",
        "criteria", "thresholds",
    ]

    private func read(_ root: Node.Mapping) throws(ConfigurationError) -> AgencyProfile {
        var profile = AgencyProfile()
        for (key, value) in root {
            switch try name(of: key, among: Self.keys, in: "the profile") {
            case "commission_rate": profile.commissionRate = try number(value, "commission_rate", in: 0...1)
            case "currency": profile.currency = try currency(value)
            case "time_zone": profile.timeZone = try timeZone(value)
            case "hemisphere": profile.hemisphere = try choice(value, "hemisphere", among: ["northern", "southern"])
            case "price_bands": profile.priceBands = try ascending(value, "price_bands", count: 4)
            case "segments": profile.segments = try ascending(value, "segments", count: 3)
            case "service_areas": profile.serviceAreas = try serviceAreas(value)
            case "criteria": try readCriteria(value, into: &profile.criteria)
            default: try readThresholds(value, into: &profile.thresholds)
            }
        }
        guard profile.thresholds.warm < profile.thresholds.hot else {
            throw ConfigurationError("\(path): thresholds.warm must be below thresholds.hot")
        }
        return profile
    }

    // MARK: Parts

    private func readCriteria(_ node: Node, into criteria: inout AgencyProfile.Criteria) throws(ConfigurationError) {
        let known = ["price_from", "price_to", "areas", "timelines", "financing", "hard"]
        for (key, value) in try mapping(node, "criteria") {
            switch try name(of: key, among: known, in: "criteria") {
            case "price_from": criteria.priceFrom = try number(value, "criteria.price_from", in: 0...1e12)
            case "price_to": criteria.priceTo = try number(value, "criteria.price_to", in: 0...1e12)
            case "areas": criteria.areas = try texts(value, "criteria.areas")
            case "timelines":
                criteria.timelines = try words(value, "criteria.timelines", among: Feature.timelineCategory.vocabulary)
            case "financing":
                criteria.financing = try words(
                    value, "criteria.financing", among: Feature.financingStatusCategory.vocabulary)
            default:
                let names = AgencyProfile.Criteria.Name.allCases.map(\.rawValue)
                criteria.hard = Set(
                    try words(value, "criteria.hard", among: names).compactMap(AgencyProfile.Criteria.Name.init))
            }
        }
        if let from = criteria.priceFrom, let to = criteria.priceTo, from > to {
            throw ConfigurationError("\(path): criteria.price_from is above criteria.price_to")
        }
    }

    private func readThresholds(_ node: Node, into thresholds: inout AgencyProfile.Thresholds)
        throws(ConfigurationError)
    {
        for (key, value) in try mapping(node, "thresholds") {
            switch try name(of: key, among: ["hot", "warm", "confidence"], in: "thresholds") {
            case "hot": thresholds.hot = try number(value, "thresholds.hot", in: 0...100)
            case "warm": thresholds.warm = try number(value, "thresholds.warm", in: 0...100)
            default: thresholds.confidence = try number(value, "thresholds.confidence", in: 0...1)
            }
        }
    }

    private func serviceAreas(_ node: Node) throws(ConfigurationError) -> [AgencyProfile.ServiceArea] {
        guard let list = node.sequence else { throw wrong(node, "service_areas", "must be a list") }
        var areas: [AgencyProfile.ServiceArea] = []
        for entry in list {
            if let name = entry.scalar?.string, !name.isEmpty {
                areas.append(AgencyProfile.ServiceArea(name: name))
                continue
            }
            var area = AgencyProfile.ServiceArea(name: "")
            for (key, value) in try mapping(entry, "service_areas") {
                switch try name(of: key, among: ["name", "aliases"], in: "a service area") {
                case "name": area.name = try text(value, "service_areas.name")
                default: area.aliases = try texts(value, "service_areas.aliases")
                }
            }
            guard !area.name.isEmpty else { throw wrong(entry, "service_areas", "needs a name") }
            areas.append(area)
        }
        guard areas.count <= Feature.maximumServiceAreas else {
            throw wrong(node, "service_areas", "holds more than \(Feature.maximumServiceAreas) areas")
        }
        return areas
    }

    private func currency(_ node: Node) throws(ConfigurationError) -> String {
        let code = try text(node, "currency")
        guard code.utf8.count == 3, code.utf8.allSatisfy({ (65...90).contains($0) }) else {
            throw wrong(node, "currency", "must be an ISO 4217 code such as USD")
        }
        return code
    }

    private func timeZone(_ node: Node) throws(ConfigurationError) -> String {
        let name = try text(node, "time_zone")
        guard TimeZone(identifier: name) != nil else {
            let nearest = NearestName.of(name, among: TimeZone.knownTimeZoneIdentifiers)
            throw wrong(node, "time_zone", "is not an IANA name" + (nearest.map { "; did you mean \($0)?" } ?? ""))
        }
        return name
    }

    // MARK: Kinds of values

    private func name(of key: Node, among known: [String], in place: String) throws(ConfigurationError) -> String {
        let name = key.string ?? ""
        guard known.contains(name) else { throw .unknown("key \"\(name)\" in \(place) of \(path)", name, known) }
        return name
    }

    private func mapping(_ node: Node, _ field: String) throws(ConfigurationError) -> Node.Mapping {
        guard let mapping = node.mapping else { throw wrong(node, field, "must hold \"key: value\" lines") }
        return mapping
    }

    private func text(_ node: Node, _ field: String) throws(ConfigurationError) -> String {
        guard let text = node.scalar?.string, !text.isEmpty else { throw wrong(node, field, "must be text") }
        return text
    }

    private func texts(_ node: Node, _ field: String) throws(ConfigurationError) -> [String] {
        guard let list = node.sequence else { throw wrong(node, field, "must be a list") }
        var texts: [String] = []
        for entry in list { texts.append(try text(entry, field)) }
        return texts
    }

    private func words(_ node: Node, _ field: String, among known: [String]) throws(ConfigurationError) -> [String] {
        let words = try texts(node, field)
        for word in words where !known.contains(word) {
            throw .unknown("value \"\(word)\" of \(field) in \(path)", word, known)
        }
        return words
    }

    private func choice<Choice: RawRepresentable>(
        _ node: Node, _ field: String, among known: [String]
    ) throws(ConfigurationError) -> Choice where Choice.RawValue == String {
        let word = try text(node, field)
        guard let choice = Choice(rawValue: word) else {
            throw .unknown("value \"\(word)\" of \(field) in \(path)", word, known)
        }
        return choice
    }

    private func number(
        _ node: Node, _ field: String, in range: ClosedRange<Double>
    ) throws(ConfigurationError) -> Double {
        guard let number = node.scalar.flatMap({ Double($0.string.filter { $0 != "_" }) }), range.contains(number)
        else { throw wrong(node, field, "must be a number from \(range.lowerBound) to \(range.upperBound)") }
        return number
    }

    private func ascending(_ node: Node, _ field: String, count: Int) throws(ConfigurationError) -> [Double] {
        guard let list = node.sequence, list.count == count else {
            throw wrong(node, field, "must be a list of \(count) ascending numbers")
        }
        var numbers: [Double] = []
        for entry in list { numbers.append(try number(entry, field, in: 0...1e12)) }
        guard zip(numbers, numbers.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw wrong(node, field, "must ascend")
        }
        return numbers
    }

    private func wrong(_ node: Node, _ field: String, _ problem: String) -> ConfigurationError {
        let line = node.mark.map { " line \($0.line)" } ?? ""
        return ConfigurationError("\(path)\(line): \(field) \(problem)")
    }
}
