public import Leads

/// Reads the 28 features out of a lead's words, history and fields.
///
/// Deterministic: the same profile, lead and moment give the same bits everywhere. Total: no input makes it fail.
/// Immutable and safe to share between threads; make it once per profile (about a millisecond), not once per lead.
public struct FeatureExtractor: Sendable {
    let profile: AgencyProfile
    /// Positions of the places that the profile's criteria name; service areas first, then the others.
    let criteriaAreas: Set<Int>
    let tokenizer: Tokenizer
    let mask: PolicyMask
    let budgets: BudgetReader
    let timelines: TimelineReader
    let financings: FinancingReader
    let places: PlaceReader
    let urgencies: UrgencyReader
    let intents: IntentReader
    let fields: FieldReader
    let questions: QuestionReader

    /// - Complexity: builds the lexicon with the profile's places; once at start, not per lead.
    public init(profile: AgencyProfile) {
        self.profile = profile
        var lexicon = Lexicon()
        mask = PolicyMask(lexicon: &lexicon)
        budgets = BudgetReader(lexicon: &lexicon)
        timelines = TimelineReader(lexicon: &lexicon)
        financings = FinancingReader(lexicon: &lexicon)
        urgencies = UrgencyReader(lexicon: &lexicon)
        intents = IntentReader(lexicon: &lexicon)
        fields = FieldReader(lexicon: &lexicon)
        questions = QuestionReader(lexicon: &lexicon)
        let areas = FeatureExtractor.areas(of: profile)
        places = PlaceReader(profile: areas.phrases, lexicon: &lexicon)
        criteriaAreas = areas.criteria
        lexicon.seal()
        tokenizer = Tokenizer(lexicon: lexicon)
    }

    /// The features and what goes with them, as they stood at `asOf`: no message dated after it is read.
    public func extract(_ lead: Lead, asOf: Timestamp) -> Extraction {
        let calendar = DayCalendar(asOf: asOf, hemisphere: profile.hemisphere)
        var passage = Passage()
        passage.tokens.reserveCapacity(256)
        var signals = Signals()
        readConversation(lead, asOf: asOf, calendar, &passage, &signals)
        readFields(lead, calendar, &passage, &signals)
        return assemble(lead, signals, calendar, &passage)
    }

    /// The profile's places as phrases of the lexicon's kind (lower-case ASCII, signs as spaces).
    private static func areas(of profile: AgencyProfile) -> (
        phrases: [(area: Int, phrases: String)], criteria: Set<Int>
    ) {
        var phrases: [(area: Int, phrases: String)] = []
        var positions: [String: Int] = [:]
        var criteria: Set<Int> = []
        func add(_ name: String, _ area: Int) {
            let phrase = PlaceReader.phrase(of: name)
            guard !phrase.isEmpty, positions[phrase] == nil else { return }
            positions[phrase] = area
            phrases.append((area, phrase))
        }
        for (area, service) in profile.serviceAreas.enumerated() {
            add(service.name, area)
            for alias in service.aliases { add(alias, area) }
        }
        for (extra, name) in profile.criteria.areas.enumerated() {
            add(name, profile.serviceAreas.count + extra)
            if let area = positions[PlaceReader.phrase(of: name)] { criteria.insert(area) }
        }
        return (phrases, criteria)
    }
}
