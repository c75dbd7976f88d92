import Leads

/// SipHash-2-4 with 128 bits of output (Aumasson, Bernstein 2012) over tagged values: the cache's key for a lead's
/// content. The same on every node and every run, unlike `Hasher`. A collision could only confuse two versions of one
/// lead of one tenant, since both stand in the key beside it.
struct ContentDigest {
    private var v0: UInt64
    private var v1: UInt64
    private var v2: UInt64
    private var v3: UInt64
    private var pending: UInt64 = 0
    private var pendingBytes: UInt64 = 0
    private var byteCount: UInt64 = 0

    init(key0: UInt64 = 0x6C65_6164_7769_7265, key1: UInt64 = 0x7363_6F72_652F_0001) {
        v0 = 0x736F_6D65_7073_6575 ^ key0
        v1 = 0x646F_7261_6E64_6F6D ^ key1 ^ 0xEE
        v2 = 0x6C79_6765_6E65_7261 ^ key0
        v3 = 0x7465_6462_7974_6573 ^ key1
    }

    mutating func add(byte: UInt8) {
        pending |= UInt64(byte) &<< (8 &* pendingBytes)
        pendingBytes &+= 1
        byteCount &+= 1
        guard pendingBytes == 8 else { return }
        absorb(pending)
        pending = 0
        pendingBytes = 0
    }

    mutating func add(_ word: UInt64) {
        byteCount &+= 8
        guard pendingBytes > 0 else {
            absorb(word)
            return
        }
        absorb(pending | word &<< (8 &* pendingBytes))
        pending = word &>> (64 &- 8 &* pendingBytes)
    }

    /// Length first, so that no two lists of strings have the same bytes.
    mutating func add(_ text: String?) {
        guard let text else {
            add(UInt64.max)
            return
        }
        add(UInt64(text.utf8.count))
        let fast: Void? = text.utf8.withContiguousStorageIfAvailable { bytes in
            var index = 0
            while index &+ 8 <= bytes.count {
                var word: UInt64 = 0
                for place in 0..<8 { word |= UInt64(bytes[index &+ place]) &<< UInt64(8 &* place) }
                add(word)
                index &+= 8
            }
            while index < bytes.count {
                add(byte: bytes[index])
                index &+= 1
            }
        }
        if fast == nil {
            for byte in text.utf8 { add(byte: byte) }
        }
    }

    mutating func add(_ number: Double?) {
        add(byte: number == nil ? 0 : 1)
        add((number ?? 0).bitPattern)
    }

    mutating func add(_ flag: Bool?) {
        add(byte: flag.map { $0 ? 1 : 2 } ?? 0)
    }

    mutating func add(_ integer: Int) {
        add(UInt64(bitPattern: Int64(integer)))
    }

    consuming func finish() -> (high: UInt64, low: UInt64) {
        absorb(byteCount &<< 56 | pending)
        v2 ^= 0xEE
        for _ in 0..<4 { round() }
        let high = v0 ^ v1 ^ v2 ^ v3
        v1 ^= 0xDD
        for _ in 0..<4 { round() }
        return (high, v0 ^ v1 ^ v2 ^ v3)
    }

    private mutating func absorb(_ word: UInt64) {
        v3 ^= word
        round()
        round()
        v0 ^= word
    }

    private mutating func round() {
        v0 &+= v1
        v1 = v1 &<< 13 | v1 &>> 51
        v1 ^= v0
        v0 = v0 &<< 32 | v0 &>> 32
        v2 &+= v3
        v3 = v3 &<< 16 | v3 &>> 48
        v3 ^= v2
        v0 &+= v3
        v3 = v3 &<< 21 | v3 &>> 43
        v3 ^= v0
        v2 &+= v1
        v1 = v1 &<< 17 | v1 &>> 47
        v1 ^= v2
        v2 = v2 &<< 32 | v2 &>> 32
    }
}

extension ContentDigest {
    /// Everything of a lead that a score can depend on; `familyMentioned` is left out, since nothing reads it.
    mutating func add(_ lead: Lead) {
        for text in [
            lead.id, lead.name, lead.email, lead.phone, lead.message, lead.source, lead.referralSource,
            lead.budgetRange, lead.propertyType, lead.locationPreference, lead.timelineUrgency,
        ] {
            add(text)
        }
        add(lead.bedrooms.map(Double.init))
        add(lead.responseTimeHours)
        add(lead.messageLength)
        add(lead.questionsAsked)
        add(lead.previousInteractions)
        for flag in [
            lead.priceMentioned, lead.timelineMentioned, lead.locationMentioned, lead.financingMentioned,
        ] {
            add(flag)
        }
        add(lead.messages.count)
        for message in lead.messages {
            add(byte: message.direction == .inbound ? 0 : 1)
            add(message.body)
            add(UInt64(bitPattern: message.at.milliseconds))
            add(message.channel)
            add(message.automated)
        }
        add(lead.customFields.count)
        for field in lead.customFields {
            add(field.name)
            switch field.value {
            case .number(let number): add(byte: 0); add(number)
            case .text(let text): add(byte: 1); add(text)
            case .bool(let flag): add(byte: 2); add(flag)
            case .null: add(byte: 3)
            }
        }
    }

    /// The figures of the profile that change an answer.
    mutating func add(_ profile: AgencyProfile) {
        add(profile.commissionRate)
        add(profile.currency)
        add(profile.timeZone)
        add(profile.hemisphere == .northern)
        for bound in profile.priceBands + profile.segments { add(bound) }
        add(profile.serviceAreas.count)
        for area in profile.serviceAreas {
            add(area.name)
            add(area.aliases.count)
            for alias in area.aliases { add(alias) }
        }
        let criteria = profile.criteria
        add(criteria.priceFrom)
        add(criteria.priceTo)
        for list in [criteria.areas, criteria.timelines, criteria.financing] {
            add(list.count)
            for name in list { add(name) }
        }
        for name in AgencyProfile.Criteria.Name.allCases { add(criteria.hard.contains(name)) }
        add(profile.thresholds.hot)
        add(profile.thresholds.warm)
        add(profile.thresholds.confidence)
    }
}
