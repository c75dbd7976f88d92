import Leads

extension FeatureExtractor {
    /// Reads the inbound messages in the order of time, each after what we last asked, and the newest message last.
    func readConversation(
        _ lead: Lead, asOf: Timestamp, _ calendar: DayCalendar, _ passage: inout Passage, _ signals: inout Signals
    ) {
        var lastOutbound: Int?
        var lastInbound: Int?
        for index in order(of: lead.messages, asOf: asOf) {
            let message = lead.messages[index]
            if message.direction == .outbound {
                lastOutbound = index
                continue
            }
            if message.automated { continue }
            signals.inbound += 1
            if signals.inbound == 1 { signals.firstChannel = message.channel }
            passage.asked = []
            if let ours = lastOutbound {
                let minutes = Double(message.at.milliseconds - lead.messages[ours].at.milliseconds) / 60_000
                signals.replyMinutes += minutes
                signals.replies += 1
                passage.asked = asked(lead.messages[ours].body, &passage)
            }
            read(message.body, calendar, &passage, &signals)
            lastOutbound = nil
            lastInbound = index
        }
        guard let newest = lead.message else { return }
        // The newest message may stand in the conversation too; one that is dated after `asOf` is not there yet.
        if let lastInbound, lead.messages[lastInbound].body == newest { return }
        if lead.messages.contains(where: { $0.at > asOf && $0.direction == .inbound && $0.body == newest }) { return }
        signals.inbound += 1
        passage.asked = []
        if let ours = lastOutbound { passage.asked = asked(lead.messages[ours].body, &passage) }
        read(newest, calendar, &passage, &signals)
    }

    /// Positions of the messages up to `asOf` by time; equal times keep the order given.
    private func order(of messages: [Message], asOf: Timestamp) -> [Int] {
        let past = messages.indices.filter { messages[$0].at <= asOf }
        let isSorted = zip(past, past.dropFirst()).allSatisfy { messages[$0].at <= messages[$1].at }
        if isSorted { return past }
        return past.sorted { (messages[$0].at, $0) < (messages[$1].at, $1) }
    }

    private func asked(_ body: String, _ passage: inout Passage) -> Passage.Question {
        guard body.utf8.contains(UInt8(ascii: "?")) else { return [] }
        tokenizer.tokenize(body, into: &passage.tokens)
        passage.survey()
        return questions.read(passage)
    }

    /// Tokens of `text` after masking, with what each sentence holds.
    func prepare(_ text: String, _ passage: inout Passage, _ signals: inout Signals) {
        tokenizer.tokenize(text, into: &passage.tokens)
        signals.maskedSpans += mask.apply(to: &passage.tokens)
        NumberReader.claimDecoys(&passage.tokens)
        passage.survey()
    }

    private func read(_ text: String, _ calendar: DayCalendar, _ passage: inout Passage, _ signals: inout Signals) {
        prepare(text, &passage, &signals)
        guard passage.sentenceCount > 0 else { return }
        signals.addLength(Double(passage.length))
        signals.sentences += passage.sentenceCount
        let budget = budgets.read(passage)
        if let figure = budget.figure { signals.figure = figure }
        if let approval = budget.approval { signals.approval = approval }
        if let rent = budget.rent { signals.rent = rent }
        if let timeline = timelines.read(passage, calendar: calendar) { signals.timeline = .some(timeline) }
        if let financing = financings.read(passage) {
            signals.financing = signals.financing?.updated(by: financing) ?? financing
        }
        places.read(passage, text: text, into: &signals.places)
        if let property = intents.property(passage) { signals.property = property }
        if let intent = intents.intent(passage, hasRent: budget.rent != nil) { signals.intent = intent }
        if let stage = intents.stage(passage) { signals.stage = stage }
        signals.urgency += urgencies.read(passage)
        signals.tone += intents.tone(passage)
    }

    /// The fields count where the words say nothing.
    func readFields(_ lead: Lead, _ calendar: DayCalendar, _ passage: inout Passage, _ signals: inout Signals) {
        if let text = lead.budgetRange, signals.figure == nil || signals.approval == nil {
            passage.asked = .budget
            prepare(text, &passage, &signals)
            let budget = budgets.read(passage)
            signals.figure = signals.figure ?? budget.figure
            signals.approval = signals.approval ?? budget.approval
            signals.rent = signals.rent ?? budget.rent
        }
        if let text = lead.timelineUrgency, signals.timeline == nil {
            passage.asked = .time
            prepare(text, &passage, &signals)
            signals.timeline = timelines.read(passage, calendar: calendar, isField: true)
        }
        passage.asked = []
        if let text = lead.locationPreference, signals.places.isEmpty {
            prepare(text, &passage, &signals)
            if !fields.isNoPlace(passage) { places.readField(passage, text: text, into: &signals.places) }
        }
        if let text = lead.propertyType, signals.property == nil {
            prepare(text, &passage, &signals)
            signals.property =
                passage.tokens.isEmpty ? nil : intents.property(passage) ?? FeatureExtractor.otherProperty
        }
    }

    private static let otherProperty = 6
}
