import Features
import Leads
import Testing

/// A protected sentence in several keys; each must leave no trace.
private let protectedSentences = [
    "We have two kids.", "My wife is pregnant.", "We are expecting our first baby.", "I am a single mom.",
    "We are a Christian couple.", "My husband and I are both Muslim.", "I use a wheelchair.", "I have a service dog.",
    "We are Korean.", "We are immigrants with green cards.", "I'm 34.", "I was born in 1962.", "We both retired.",
    "I am a lesbian.", "My daughter is 8 and my son is 11.", "We're newlyweds!", "I recently got divorced.",
    "Our kids are 4, 7 and 9 years old.", "I am legally blind.", "I am a black woman.", "She is disabled.",
    "We are a growing family of five.", "I am a senior citizen.", "My mother lives with us.",
    "We attend the synagogue.", "Good schools matter to us.", "We have a section 8 voucher.",
    "Is there a church near?", "My partner and I just got married.", "English is my second language.",
    "I have an emotional support animal.", "We need no daycare.",
]

private let plainTexts = [
    "We want to buy a townhouse in Round Rock for $450k-$500k. We are pre-approved. Our lease ends in June.",
    "Looking for a condo near Lake Merritt, under 600,000. No rush!",
    "hey, can we tour it asap? cash buyer here.",
    "Please send me the list. I would like to see homes in Austin. Budget is 525k, FHA loan, within 3 months.",
    "How much could I sell my house for?",
    "Nothing over $2,500/mo.",
]

struct PolicyTests {
    static let asOf = Timestamp(CivilTime(year: 2026, month: 11, day: 22, hour: 12))

    static let extractor: FeatureExtractor = {
        var profile = AgencyProfile()
        profile.serviceAreas = [.init(name: "Round Rock"), .init(name: "Austin", aliases: ["ATX"])]
        profile.criteria.priceFrom = 300_000
        profile.criteria.areas = ["Austin"]
        return FeatureExtractor(profile: profile)
    }()

    static func lead(_ text: String) -> Lead {
        var lead = Lead(id: "x")
        lead.message = text
        lead.messages = [
            Message(direction: .inbound, body: "Hello, is it still available?", at: Timestamp(milliseconds: 0)),
            Message(direction: .outbound, body: "It is. Which area?", at: Timestamp(milliseconds: 60_000)),
            Message(direction: .inbound, body: "Near the lake.", at: Timestamp(milliseconds: 360_000)),
        ]
        return lead
    }

    @Test(arguments: protectedSentences)
    func `a protected sentence changes no bit of any feature`(_ sentence: String) {
        for text in plainTexts {
            let plain = PolicyTests.extractor.extract(PolicyTests.lead(text), asOf: PolicyTests.asOf)
            #expect(plain.maskedSpans == 0, "\(text)")
            let middle = text.firstIndex(of: ".").map { text.index(after: $0) } ?? text.endIndex
            for variant in [
                "\(sentence) \(text)", "\(text) \(sentence)", text[..<middle] + " \(sentence)" + text[middle...],
                "\(text)\n\(sentence.uppercased())",
            ] {
                let masked = PolicyTests.extractor.extract(PolicyTests.lead(String(variant)), asOf: PolicyTests.asOf)
                let moved = Feature.allCases.filter {
                    plain.vector[$0].bitPattern != masked.vector[$0].bitPattern
                }
                #expect(moved.isEmpty, "\(variant)")
                #expect(masked.maskedSpans > 0, "\(variant)")
                #expect(masked.price == plain.price)
                #expect(masked.places == plain.places)
                #expect(masked.intent == plain.intent)
            }
        }
    }

    @Test(arguments: [
        ("We are a family of four looking for a house in Austin.", "We are looking for a house in Austin."),
        ("My husband and I want to buy a condo for 450k.", "I want to buy a condo for 450k."),
        ("We need a house in Austin for our three young kids.", "We need a house in Austin."),
        ("We want a 4 bedroom house in Austin under 500k.", "We want a house in Austin under 500k."),
        ("As a single mother I need a townhouse by end of March.", "I need a townhouse by end of March."),
        ("We have two kids, so we need a house in Round Rock.", "so we need a house in Round Rock."),
    ])
    func `a protected phrase inside a sentence moves nothing but the words' length`(_ text: String, _ plain: String) {
        let with = PolicyTests.extractor.extract(PolicyTests.lead(text), asOf: PolicyTests.asOf)
        let without = PolicyTests.extractor.extract(PolicyTests.lead(plain), asOf: PolicyTests.asOf)
        for feature in Feature.allCases where feature != .messageLengthVariance {
            #expect(with.vector[feature].bitPattern == without.vector[feature].bitPattern, "\(feature.name): \(text)")
        }
        #expect(with.maskedSpans > 0)
    }

    @Test func `nothing reads family_mentioned, bedrooms or the name`() {
        let plain = PolicyTests.lead(plainTexts[0])
        var other = plain
        other.familyMentioned = true
        other.bedrooms = 6
        other.name = "Asap Cash Austin"
        other.email = "x@buyers.example"
        other.phone = "5125550147"
        other.customFields = [CustomField(name: "budget", value: .number(900_000))]
        #expect(
            PolicyTests.extractor.extract(plain, asOf: PolicyTests.asOf)
                == PolicyTests.extractor.extract(other, asOf: PolicyTests.asOf))
    }

    @Test func `the two proxies among the features are masked by default`() {
        #expect(FeaturePolicy.standard.maskedFeatures == [.primaryLocationArea, .communicationStyle])
        #expect(OptimizationPlan.standard.masked == FeaturePolicy.standard.maskedFeatures)
        for feature in Feature.allCases {
            let isAllowed = FeaturePolicy.standard.verdict(for: feature) == .allowed
            #expect(isAllowed != FeaturePolicy.standard.maskedFeatures.contains(feature))
        }
    }

    @Test(arguments: [
        "age", "Age", "AGE_GROUP", "customerAge", "marital", "maritalStatus", "NUM_KIDS", "children", "household_size",
        "familySize", "gender", "sex", "Is-Male", "religion", "race", "ethnicity", "nationality", "visa_status",
        "disability", "serviceDog", "date_of_birth", "DOB", "family_mentioned", "first_name", "photo_url", "dependents",
        "pregnant", "country_of_birth", "birthYear", "spouse_income",
    ])
    func `a blocked column is blocked by its name`(_ name: String) {
        guard case .blocked(let reason) = FeaturePolicy.standard.verdict(column: name) else {
            Issue.record("\(name) is let through")
            return
        }
        #expect(!reason.isEmpty)
    }

    @Test(arguments: [
        "zip", "ZipCode", "postal_code", "neighborhood", "area_code", "school_district", "language", "email_domain",
        "section_8", "bedrooms", "num_beds", "communication_style", "source_of_income",
    ])
    func `a proxy column is named as one`(_ name: String) {
        guard case .proxy = FeaturePolicy.standard.verdict(column: name) else {
            Issue.record("\(name) is not seen as a proxy")
            return
        }
    }

    @Test(arguments: [
        "job", "education", "default", "balance", "housing", "loan", "contact", "day", "month", "duration", "campaign",
        "pdays", "previous", "poutcome", "y", "Administrative", "ProductRelated_Duration", "BounceRates", "PageValues",
        "SpecialDay", "Region", "TrafficType", "VisitorType", "Weekend", "Product", "Seller", "Partnership", "Source",
        "lead_age", "account_age_days", "page_views", "agent", "message", "stage", "usage", "average", "package",
        "multi_family", "single_family", "price", "response_time_hours", "listing_age", "company_age", "sexton_id",
    ])
    func `an ordinary column is allowed`(_ name: String) {
        #expect(FeaturePolicy.standard.verdict(column: name) == .allowed)
    }

    @Test(arguments: [
        (["married", "single", "divorced", "married"], true), (["male", "female", "female", ""], true),
        (["M", "F", "F"], true), (["Catholic", "Jewish", "none"], true), (["white", "black", "asian"], true),
        (["single", "single", "multi"], false), (["red", "white", "blue"], false), (["yes", "no"], false),
        (["01234", "01235", "02139"], true), (["94538-1234", "94539-0001"], true), (["45000", "52000"], false),
        ([], false),
    ])
    func `cells give a column away that its name hides`(_ cells: [String], _ isStopped: Bool) {
        #expect((FeaturePolicy.standard.verdict(column: "field_7", sample: cells) != .allowed) == isStopped)
    }

    @Test(arguments: [
        ("We have two kids. Budget is 450k.", "Budget is 450k."),
        ("My wife and I want a house in Austin.", "I want a house in Austin."),
        ("Nothing to hide here.", "Nothing to hide here."),
    ])
    func `a prompt gets the text without what is protected`(_ text: String, _ expected: String) {
        #expect(FeaturePolicy.standard.masked(text).text == expected)
    }
}
