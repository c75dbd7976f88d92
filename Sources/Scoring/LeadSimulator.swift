public import Leads
import Learning

/// Invented leads, for `leadwire simulate`, for the demo, and for the population that the prior is measured on.
///
/// Nobody here exists. Every lead is labelled three times so that it can't pass for a real one: its id begins with
/// ``idPrefix``, its name ends with `(simulated)`, and its custom field `simulated` is true. `source` stays a plausible
/// source, because it is an input of the model.
///
/// Lead `n` of a seed is the same on every machine and in every run, whatever was asked for before. A lead has a hidden
/// readiness, uniform in 0...1, which makes a near timeline, ready financing, a stated budget and a lively conversation
/// more likely together, as they are in life; the shares are assumptions of ours, not measurements.
public struct LeadSimulator: Sendable {
    /// Every simulated `lead_id` begins with it.
    public static let idPrefix = "sim_"
    /// The custom field that is true on every simulated lead.
    public static let label = "simulated"

    public let seed: UInt64

    public init(seed: UInt64) {
        self.seed = seed
    }

    /// Lead number `index` as it stands at `now`: its whole conversation lies before.
    public func lead(_ index: Int, at now: Timestamp) -> Lead {
        var random = SplitMix64(seed: seed &+ UInt64(truncatingIfNeeded: index) &* 0xD134_2543_DE82_EF95)
        let readiness = random.fraction()
        var lead = Lead(id: "\(Self.idPrefix)\(seed)_\(index)")
        let first = random.pick(SimulatedWords.firstNames)
        lead.name = "\(first) \(random.pick(SimulatedWords.lastNames)) (simulated)"
        lead.email = "\(first.lowercased()).\(index)@example.com"
        lead.phone = "+1 555 01\(random.int(in: 10...99)) \(random.int(in: 1_000...9_999))"
        lead.source = source(readiness, &random)
        lead.customFields = [CustomField(name: Self.label, value: .bool(true))]

        let wish = Wish(readiness: readiness, random: &random)
        lead.messages = conversation(wish, readiness: readiness, before: now, &random)
        lead.message = lead.messages.last { $0.direction == .inbound }?.body
        if random.chance(0.35) { lead.budgetRange = wish.budgetField }
        if random.chance(0.3) { lead.timelineUrgency = wish.timelineField }
        if random.chance(0.3) { lead.propertyType = wish.propertyField }
        if random.chance(0.3) { lead.locationPreference = wish.area }
        if random.chance(0.4) { lead.bedrooms = random.int(in: 1...5) }
        return lead
    }

    private func source(_ readiness: Double, _ random: inout SplitMix64) -> String? {
        if random.chance(0.05) { return nil }
        if random.chance(0.08 + 0.17 * readiness) { return "referral" }
        return random.pick([
            "website", "website", "website", "zillow", "zillow", "realtor.com", "realtor.com", "facebook", "facebook",
            "instagram", "open house", "phone", "sms", "crm", "other",
        ])
    }

    /// One to nine inbound messages with our answers between, the last message inbound, all before `now`.
    private func conversation(
        _ wish: Wish, readiness: Double, before now: Timestamp, _ random: inout SplitMix64
    ) -> [Message] {
        var inbound = 1
        while inbound < 9, random.chance(0.25 + 0.5 * readiness) { inbound += 1 }
        var said = wish.sentences
        // Written newest first, walking back in time.
        var messages: [Message] = []
        var minutesAgo = Double(random.int(in: 0...90))
        let channel = random.pick(["sms", "email", "web", "sms"])
        for turn in 0..<inbound {
            let remaining = inbound - turn
            let share = remaining == 1 ? said.count : min(said.count, random.int(in: 0...2))
            var parts = Array(said.suffix(share))
            said.removeLast(share)
            if remaining == 1 { parts.insert(random.pick(SimulatedWords.openings), at: 0) }
            if parts.isEmpty { parts = [random.pick(readiness > 0.55 ? SimulatedWords.warm : SimulatedWords.cool)] }
            messages.append(message(.inbound, parts.joined(separator: " "), minutesAgo, now, channel))
            guard remaining > 1 else { break }
            // Their reply came this long after our message; ours this long after theirs.
            minutesAgo += replyMinutes(readiness, &random)
            messages.append(
                message(.outbound, random.pick(SimulatedWords.ours), minutesAgo, now, channel))
            minutesAgo += Double(random.int(in: 1...180))
        }
        return messages.reversed()
    }

    private func message(
        _ direction: Message.Direction, _ body: String, _ minutesAgo: Double, _ now: Timestamp, _ channel: String
    ) -> Message {
        Message(
            direction: direction, body: body,
            at: Timestamp(milliseconds: now.milliseconds - Int64(minutesAgo * 60_000)), channel: channel)
    }

    private func replyMinutes(_ readiness: Double, _ random: inout SplitMix64) -> Double {
        let quick = random.chance(0.3 + 0.5 * readiness)
        return Double(quick ? random.int(in: 1...55) : random.int(in: 60...4_000))
    }
}

/// What one invented lead wants, and the sentences in which it says so.
private struct Wish {
    var sentences: [String] = []
    var budgetField: String
    var timelineField: String
    var propertyField: String
    var area: String

    init(readiness: Double, random: inout SplitMix64) {
        let price = random.int(in: 17...120) * 10_000
        budgetField = Wish.budgetText(price, &random)
        area = random.pick(SimulatedWords.areas)
        propertyField = random.pick(SimulatedWords.properties)
        let near = random.chance(0.1 + 0.75 * readiness)
        timelineField = random.pick(near ? SimulatedWords.nearTimelines : SimulatedWords.farTimelines)

        if random.chance(0.04) {
            sentences = [random.pick(SimulatedWords.noIntent)]
            return
        }
        let sells = random.chance(0.18)
        sentences.append(
            sells ? random.pick(SimulatedWords.sells) : "\(random.pick(SimulatedWords.buys)) \(propertyField).")
        if random.chance(0.25 + 0.4 * readiness) { sentences.append("Somewhere in \(area) would be ideal.") }
        if random.chance(0.2 + 0.5 * readiness) { sentences.append("Our budget is \(budgetField).") }
        if random.chance(0.2 + 0.5 * readiness) { sentences.append("We want to move \(timelineField).") }
        if random.chance(0.15 + 0.55 * readiness) {
            sentences.append(random.pick(Wish.financing(readiness, &random)))
        }
        if random.chance(0.1 + 0.5 * readiness) { sentences.append(random.pick(SimulatedWords.warm)) }
    }

    private static func budgetText(_ price: Int, _ random: inout SplitMix64) -> String {
        let thousands = price / 1_000
        return switch random.int(in: 0...3) {
        case 0: "$\(thousands)k"
        case 1: "$\(thousands)k-$\(thousands + 50)k"
        case 2: "under \(thousands),000"
        default: "$\(thousands - 1),\(500 + random.int(in: 0...4) * 100)"
        }
    }

    private static func financing(_ readiness: Double, _ random: inout SplitMix64) -> [String] {
        if random.chance(0.12) { return SimulatedWords.cash }
        return random.chance(0.15 + 0.7 * readiness) ? SimulatedWords.approved : SimulatedWords.unready
    }
}

extension SplitMix64 {
    /// Uniform in 0..<1, 53 bits. The standard library's own methods are free to change between releases; these may not.
    fileprivate mutating func fraction() -> Double { Double(next() >> 11) * 0x1p-53 }

    fileprivate mutating func chance(_ probability: Double) -> Bool { fraction() < probability }

    fileprivate mutating func int(in range: ClosedRange<Int>) -> Int {
        range.lowerBound + index(below: range.count)
    }

    fileprivate mutating func pick<Element>(_ choices: [Element]) -> Element { choices[index(below: choices.count)] }
}
