extension Lead {
    /// Every field that breaks the contract, in the order of the contract; empty for a lead that may be scored.
    ///
    /// - Complexity: O(bytes of the lead).
    public func problems() -> [FieldProblem] {
        var check = LeadCheck()
        check.identifier(id)
        check.text("name", name)
        check.email(email)
        check.phone(phone)
        check.message("message", message)
        check.conversation(messages)
        check.text("source", source)
        check.text("referral_source", referralSource)
        check.text("budget_range", budgetRange)
        check.text("property_type", propertyType)
        check.text("location_preference", locationPreference)
        check.text("timeline_urgency", timelineUrgency)
        check.bedrooms(bedrooms)
        check.measure("response_time_hours", responseTimeHours)
        check.measure("message_length", messageLength)
        check.measure("questions_asked", questionsAsked)
        check.measure("previous_interactions", previousInteractions)
        check.customFields(customFields)
        return check.problems
    }

    /// Problems of an identifier by itself, as it stands in a path.
    public static func problems(ofIdentifier id: String) -> [FieldProblem] {
        var check = LeadCheck()
        check.identifier(id)
        return check.problems
    }
}

/// Gathers problems, field by field.
private struct LeadCheck {
    var problems: [FieldProblem] = []

    mutating func report(_ field: String, _ problem: String) {
        problems.append(FieldProblem(field: field, problem: problem))
    }

    mutating func identifier(_ id: String) {
        let most = LeadLimits.identifierCharacters
        if id.isEmpty {
            report("lead_id", "is empty; it must have 1 to \(most) characters")
        } else if LeadCheck.isLonger(id, than: most) {
            report("lead_id", "is too long; it must have at most \(most) characters")
        }
        if LeadCheck.hasControl(id) { report("lead_id", "holds a control character; use printable characters only") }
    }

    mutating func text(_ field: String, _ value: String?) {
        guard let value, LeadCheck.isLonger(value, than: LeadLimits.stringCharacters) else { return }
        report(field, "is too long; it must have at most \(LeadLimits.stringCharacters) characters")
    }

    mutating func email(_ value: String?) {
        text("email", value)
        // The contract asks for no more; whether mail arrives only mail can tell.
        guard let value, !value.utf8.contains(UInt8(ascii: "@")) else { return }
        report("email", "has no @; it must look like name@host")
    }

    mutating func phone(_ value: String?) {
        text("phone", value)
        guard let value else { return }
        let digits = value.utf8.count { (48...57).contains($0) }
        if digits < LeadLimits.phoneDigits {
            report("phone", "has too few digits; it must have at least \(LeadLimits.phoneDigits)")
        }
    }

    mutating func message(_ field: String, _ value: String?) {
        guard let value, value.utf8.count > LeadLimits.messageBytes else { return }
        report(field, "is too long; it must have at most \(LeadLimits.messageBytes) bytes of UTF-8")
    }

    mutating func conversation(_ messages: [Message]) {
        if messages.count > LeadLimits.messages {
            report("messages", "has too many items; it must have at most \(LeadLimits.messages)")
        }
        for (index, item) in messages.prefix(LeadLimits.messages).enumerated() {
            message("messages[\(index)].body", item.body)
            text("messages[\(index)].channel", item.channel)
        }
    }

    mutating func bedrooms(_ value: Int?) {
        let range = LeadLimits.bedrooms
        guard let value, !range.contains(value) else { return }
        report("bedrooms", "is out of range; it must be an integer from \(range.lowerBound) to \(range.upperBound)")
    }

    mutating func measure(_ field: String, _ value: Double?) {
        guard let value else { return }
        if !value.isFinite {
            report(field, "is not a finite number; it must be 0 or more")
        } else if value < 0 {
            report(field, "is negative; it must be 0 or more")
        }
    }

    mutating func customFields(_ fields: [CustomField]) {
        if fields.count > LeadLimits.customFields {
            report("custom_fields", "has too many keys; it must have at most \(LeadLimits.customFields)")
        }
        var seen: Set<String> = []
        for field in fields.prefix(LeadLimits.customFields) {
            // The caller's own key, cut so that an answer stays small.
            let name = "custom_fields.\(field.name.prefix(64))"
            if field.name.isEmpty { report("custom_fields", "has an empty key; every key must have a name") }
            if LeadCheck.isLonger(field.name, than: LeadLimits.stringCharacters) {
                report(name, "has too long a key; it must have at most \(LeadLimits.stringCharacters) characters")
            }
            if !seen.insert(field.name).inserted { report(name, "stands there twice; a key may stand once") }
            switch field.value {
            case .text(let value): text(name, value)
            case .number(let value):
                if !value.isFinite { report(name, "is not a finite number; it must be finite or null") }
            case .bool, .null: break
            }
        }
    }

    /// Counts code points, as JSON Schema does, and only where the bytes leave a doubt.
    static func isLonger(_ text: String, than most: Int) -> Bool {
        text.utf8.count > most && text.unicodeScalars.count > most
    }

    /// C0, DEL and C1.
    static func hasControl(_ text: String) -> Bool {
        text.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }
    }
}
