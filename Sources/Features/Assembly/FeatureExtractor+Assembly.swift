import Leads

extension FeatureExtractor {
    /// Turns what was read into the vector and what goes with it.
    func assemble(
        _ lead: Lead, _ signals: Signals, _ calendar: DayCalendar, _ passage: inout Passage
    ) -> Extraction {
        var vector = FeatureVector()
        let figure = signals.figure ?? signals.approval
        let price = figure?.price
        let timeline = signals.timeline.map { FeatureExtractor.timelineCategory(days: $0) }
        let fit = self.fit(
            price: price, timeline: timeline, financing: signals.financing?.status, places: signals.places)
        setConversation(lead, signals, &vector)
        setMoney(lead, signals, figure, &vector)
        setPlaces(lead, signals, &vector)
        setTime(signals, timeline, calendar, &vector)
        setFit(fit, signals, timeline, &vector)
        setKinds(lead, signals, &vector, &passage)
        let intent = signals.intent ?? .unclear
        return Extraction(
            vector: vector, price: price,
            priceBasis: signals.figure?.basis ?? (signals.approval != nil ? .approval : nil), rent: signals.rent,
            intent: intent, unqualifiedReason: FeatureExtractor.reason(intent, fit),
            statedTimeline: zip(timeline, signals.timeline).map {
                StatedTimeline(category: Feature.timelineCategory.vocabulary[$0], days: $1)
            },
            places: signals.places.map(\.name), maskedSpans: signals.maskedSpans)
    }

    private func zip<A, B>(_ first: A?, _ second: B?) -> (A, B)? {
        guard let first, let second else { return nil }
        return (first, second)
    }

    private static func reason(_ intent: Intent, _ fit: Fit) -> String? {
        switch intent {
        case .none: "says that they do not want to buy, sell or rent"
        case .spam: "reads like an advertisement or a fraud"
        case .buy, .sell, .rent, .unclear: fit.hardFailure
        }
    }

    private static func timelineCategory(days: Int?) -> Int {
        guard let days else { return TimelineReader.flexible }
        return TimelineReader.categories.firstIndex { days <= $0.days } ?? TimelineReader.flexible
    }

    /// Of what a caller measured: above any that is true, and its square is a number.
    private static let largestMeasure = 1e9

    private func setConversation(_ lead: Lead, _ signals: Signals, _ vector: inout FeatureVector) {
        if signals.replies > 0 {
            vector[.avgResponseTimeMinutes] = signals.replyMinutes / Double(signals.replies)
        } else if let hours = lead.responseTimeHours, hours.isFinite, hours >= 0 {
            vector[.avgResponseTimeMinutes] = min(hours, Self.largestMeasure) * 60
        }
        var lengths = signals
        if lead.message == nil, let length = lead.messageLength, length.isFinite, length > 0 {
            lengths.addLength(min(length, Self.largestMeasure))
        }
        if let variance = lengths.lengthVariance { vector[.messageLengthVariance] = variance }

        var contacts = Double(signals.inbound)
        let earlier = lead.previousInteractions.flatMap { $0.isFinite && $0 >= 0 ? $0 : nil }
        if lead.messages.isEmpty, let earlier { contacts += earlier }
        if contacts == 0, let questions = lead.questionsAsked, questions > 0 { contacts = 1 }
        if contacts >= 1 {
            vector[.engagementPattern] = contacts >= 7 ? 3 : contacts >= 4 ? 2 : contacts >= 2 ? 1 : 0
        }
        if contacts >= 1 || earlier != nil {
            vector.set(.repeatInteraction, bool: contacts >= 2 || (earlier ?? 0) >= 1)
        }
        if signals.hasWords {
            vector[.urgencyKeywordFrequency] = min(1, signals.urgency / Double(max(1, signals.sentences)))
            vector[.communicationStyle] = signals.tone >= 2 ? 0 : signals.tone <= -2 ? 2 : 1
        }
        if let stage = signals.stage { vector[.decisionStage] = Double(stage) }
    }

    private func setMoney(
        _ lead: Lead, _ signals: Signals, _ figure: Budget.Figure?, _ vector: inout FeatureVector
    ) {
        if let stated = signals.figure {
            vector[.budgetSpecificityScore] = stated.specificity
        } else if signals.approval != nil {
            vector[.budgetSpecificityScore] = 0.4
        } else if signals.hasWords {
            vector[.budgetSpecificityScore] = 0
        }
        if figure != nil {
            vector.set(.hasSpecificBudget, bool: true)
        } else if signals.hasWords || lead.priceMentioned != nil {
            vector.set(.hasSpecificBudget, bool: lead.priceMentioned ?? false)
        }
        if let price = figure?.price { setBands(price: price, &vector) }
        if let financing = signals.financing {
            vector[.financingStatusCategory] = Double(financing.status)
            vector[.financingReadinessScore] = financing.readiness
            vector.set(.isPreApproved, bool: financing.isApproved)
        } else if !signals.hasWords, lead.financingMentioned == false {
            vector.set(.isPreApproved, bool: false)
        }
    }

    /// Where a price stands among the profile's bands and segments.
    func setBands(price: Double, _ vector: inout FeatureVector) {
        vector[.budgetRangeCategory] = FeatureExtractor.band(price, profile.priceBands, most: 4)
        vector[.marketSegment] = FeatureExtractor.band(price, profile.segments, most: 3)
    }

    /// The number of bounds at or below `price`.
    private static func band(_ price: Double, _ bounds: [Double], most: Int) -> Double {
        Double(min(most, bounds.count { $0 <= price }))
    }

    private func setPlaces(_ lead: Lead, _ signals: Signals, _ vector: inout FeatureVector) {
        let isKnown = signals.hasWords || !signals.places.isEmpty
        if isKnown { vector[.locationSpecificityCount] = Double(signals.places.count) }
        if !signals.places.isEmpty {
            vector.set(.hasLocationPreference, bool: true)
        } else if signals.hasWords || lead.locationMentioned != nil {
            vector.set(.hasLocationPreference, bool: lead.locationMentioned ?? false)
        }
        guard !signals.places.isEmpty else { return }
        let service = signals.places.lazy.compactMap(\.area).first { $0 < profile.serviceAreas.count }
        vector[.primaryLocationArea] = service.map { $0 < Feature.maximumServiceAreas ? Double($0 + 1) : 0 } ?? 0
        if !profile.serviceAreas.isEmpty { vector.set(.inServiceArea, bool: service != nil) }
    }

    private func setTime(
        _ signals: Signals, _ timeline: Int?, _ calendar: DayCalendar, _ vector: inout FeatureVector
    ) {
        vector[.seasonalTiming] = Double(calendar.season)
        guard let timeline else { return }
        FeatureExtractor.setTiming(
            category: timeline, days: signals.timeline.flatMap { $0 }, calendar, &vector)
    }

    /// A stated timeline, and how it lies to the season that it ends in; nil days is flexible.
    static func setTiming(category: Int, days: Int?, _ calendar: DayCalendar, _ vector: inout FeatureVector) {
        vector[.timelineCategory] = Double(category)
        guard let days else {
            vector[.marketTimingAwareness] = 0.1
            vector.set(.marketTimingOptimal, bool: false)
            return
        }
        let season = calendar.season(after: days)
        let nearness = [1, 0.9, 0.75, 0.6, 0.4, 0.2][min(category, 5)]
        let seasonWeight = [1, 0.8, 0.5, 0.3][season]
        vector[.marketTimingAwareness] = (nearness + seasonWeight) / 2
        vector.set(.marketTimingOptimal, bool: days <= 183 && season <= 1)
    }

    private func setFit(_ fit: Fit, _ signals: Signals, _ timeline: Int?, _ vector: inout FeatureVector) {
        let isNear = timeline.map { $0 <= 1 } ?? false
        if signals.hasWords || timeline != nil {
            vector.set(.showsUrgencySignals, bool: signals.urgency > 0 || isNear)
        }
        guard let share = fit.share else { return }
        vector[.businessFitAlignment] = share
        vector.set(.meetsBusinessCriteria, bool: fit.met == fit.judged)
        let isPressing = signals.urgency > 0 || timeline.map { $0 <= 3 } ?? false
        vector[.priorityLevel] = share < 0.5 ? 2 : share >= 0.75 && isPressing ? 0 : 1
    }

    private func setKinds(
        _ lead: Lead, _ signals: Signals, _ vector: inout FeatureVector, _ passage: inout Passage
    ) {
        if let property = signals.property { vector[.propertyTypePreference] = Double(property) }
        var source: Int?
        for text in [lead.source, signals.firstChannel] where source == nil {
            guard let text, !text.isEmpty else { continue }
            source = sourceType(text, &passage)
            if lead.referralSource != nil, source == FieldReader.otherSource { source = nil }
        }
        if source == nil, let referrer = lead.referralSource, !referrer.isEmpty { source = 2 }
        if let source { vector[.leadSourceType] = Double(source) }
    }

    private func sourceType(_ text: String, _ passage: inout Passage) -> Int {
        // "zillow.com" is a name here, not an address.
        let plain = String(decoding: text.utf8.map { $0 == UInt8(ascii: ".") ? 32 : $0 }, as: UTF8.self)
        tokenizer.tokenize(plain, into: &passage.tokens)
        passage.survey()
        return fields.source(passage)
    }
}
