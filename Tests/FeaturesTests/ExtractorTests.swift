import Features
import Leads
import Testing

private let asOf = Timestamp(CivilTime(year: 2026, month: 11, day: 22, hour: 12))

private func minutes(_ count: Int) -> Timestamp { asOf.advanced(by: .seconds(-86_400 + 60 * count)) }

private func extract(_ profile: AgencyProfile = AgencyProfile(), _ fill: (inout Lead) -> Void) -> Extraction {
    var lead = Lead(id: "lead")
    fill(&lead)
    return FeatureExtractor(profile: profile).extract(lead, asOf: asOf)
}

private func vector(_ profile: AgencyProfile = AgencyProfile(), _ fill: (inout Lead) -> Void) -> FeatureVector {
    extract(profile, fill).vector
}

private func message(_ text: String) -> FeatureVector { vector { $0.message = text } }

/// What each feature says, and when it says nothing.
struct ExtractorTests {
    @Test func `a lead of which only the name is known has everything missing but the season`() {
        let vector = vector { $0.name = "Test Lead" }
        #expect(vector.missingCount == 27)
        #expect(vector.category(.seasonalTiming) == "fall")
    }

    @Test func `an empty message says nothing at all`() {
        let vector = message("  \n ")
        #expect(vector.isMissing(.budgetSpecificityScore))
        #expect(vector.isMissing(.hasSpecificBudget))
        #expect(vector.isMissing(.urgencyKeywordFrequency))
    }

    @Test func `the reply time is the mean from our last message to their next`() {
        let vector = vector {
            $0.messages = [
                Message(direction: .outbound, body: "Hello", at: minutes(0)),
                Message(direction: .outbound, body: "Are you there?", at: minutes(10)),
                Message(direction: .inbound, body: "Yes", at: minutes(20)),
                Message(direction: .inbound, body: "Sorry", at: minutes(25)),
                Message(direction: .outbound, body: "Fine", at: minutes(30)),
                Message(direction: .inbound, body: "Away from my desk", at: minutes(31), automated: true),
                Message(direction: .inbound, body: "Thanks", at: minutes(60)),
            ]
            $0.responseTimeHours = 99
        }
        #expect(vector[.avgResponseTimeMinutes] == 20)
        #expect(vector.category(.engagementPattern) == "exploring")
    }

    @Test func `the variance of lengths counts characters, not bytes`() {
        let bodies = [("abcd efgh", "ab"), ("äöüß é’sé", "äö")]
        let variances = bodies.map { first, second in
            vector {
                $0.messages = [
                    Message(direction: .inbound, body: first, at: minutes(1)),
                    Message(direction: .inbound, body: second, at: minutes(2)),
                ]
            }[.messageLengthVariance]
        }
        #expect(variances == [12.25, 12.25])
    }

    @Test func `measured fields count where the words say nothing`() {
        let vector = vector {
            $0.responseTimeHours = 1.5
            $0.previousInteractions = 5
            $0.priceMentioned = true
            $0.locationMentioned = false
            $0.budgetRange = "$450k-$500k"
            $0.timelineUrgency = "1-3 months"
            $0.locationPreference = "round rock, Cedar Park / Leander"
            $0.propertyType = "Townhouse"
            $0.source = "Zillow.com"
        }
        #expect(vector[.avgResponseTimeMinutes] == 90)
        #expect(vector.category(.engagementPattern) == "engaged")
        #expect(vector.bool(.repeatInteraction) == true)
        #expect(vector.bool(.hasSpecificBudget) == true)
        #expect(vector.category(.budgetRangeCategory) == "mid_range")
        #expect(vector.category(.marketSegment) == "move_up")
        #expect(vector.category(.timelineCategory) == "3_months")
        #expect(vector[.locationSpecificityCount] == 3)
        #expect(vector.category(.propertyTypePreference) == "townhouse")
        #expect(vector.category(.leadSourceType) == "portal")
    }

    @Test func `words win over fields`() {
        let found = extract {
            $0.message = "Our budget is 525k, by end of March, a condo in Dunmere."
            $0.budgetRange = "200k"
            $0.timelineUrgency = "asap"
            $0.propertyType = "land"
            $0.locationPreference = "Elmford"
        }
        #expect(found.price == 525_000)
        #expect(found.places == ["Dunmere"])
        #expect(found.statedTimeline?.category == "3_months")
        #expect(found.vector.category(.propertyTypePreference) == "condo")
    }

    @Test func `an approval is a price only without any other figure`() {
        #expect(extract { $0.message = "pre-approved for 450k" }.priceBasis == .approval)
        let found = extract {
            $0.message = "pre-approved for 450k"
            $0.budgetRange = "under 400k"
        }
        #expect(found.price == 400_000)
        #expect(found.priceBasis == .bound)
    }

    @Test func `the newest statement wins, and a kind of loan lowers no approval`() {
        let found = extract {
            $0.messages = [
                Message(direction: .inbound, body: "Budget 400k, pre-approved. In 6 months.", at: minutes(1)),
                Message(direction: .inbound, body: "Make that 450k. We want it asap.", at: minutes(2)),
                Message(direction: .inbound, body: "It is an FHA loan.", at: minutes(3)),
            ]
        }
        #expect(found.statedTimeline?.category == "immediate")
        #expect(found.price == 450_000)
        #expect(found.vector.category(.financingStatusCategory) == "pre_approved")
        let retracted = extract {
            $0.messages = [
                Message(direction: .inbound, body: "pre-approved", at: minutes(1)),
                Message(direction: .inbound, body: "Our pre-approval expired.", at: minutes(2)),
            ]
        }
        #expect(retracted.vector.bool(.isPreApproved) == false)
    }

    @Test(arguments: [
        ("What is your budget?", "around 450", 450_000.0), ("How much would you like to spend?", "400 to 450", 425_000),
        ("What price range?", "350", 350_000), ("How are you?", "350", nil),
    ])
    func `a bare figure is a budget only as the answer to our question`(
        _ question: String, _ answer: String, _ price: Double?
    ) {
        let found = extract {
            $0.messages = [Message(direction: .outbound, body: question, at: minutes(0))]
            $0.message = answer
        }
        #expect(found.price == price)
    }

    @Test(arguments: [("yes", true), ("Not yet", false), ("We are", true), ("no", false)])
    func `yes and no answer our question about approval`(_ answer: String, _ isApproved: Bool) {
        let vector = vector {
            $0.messages = [Message(direction: .outbound, body: "Are you pre-approved?", at: minutes(0))]
            $0.message = answer
        }
        #expect(vector.bool(.isPreApproved) == isApproved)
    }

    @Test func `seasons follow the hemisphere`() {
        var south = AgencyProfile()
        south.hemisphere = .southern
        #expect(vector(south) { _ in }.category(.seasonalTiming) == "spring")
        let north = message("next summer")
        #expect(north.category(.timelineCategory) == "6_months")
        #expect(vector(south) { $0.message = "next summer" }.category(.timelineCategory) == "2_months")
    }

    @Test(arguments: [
        (100_000.0, "below_target", "entry"), (200_000, "entry_level", "entry"), (399_999, "entry_level", "move_up"),
        (400_000, "mid_range", "move_up"), (700_000, "upper_mid", "luxury"), (800_000, "luxury", "luxury"),
        (1_500_000, "luxury", "ultra_luxury"),
    ])
    func `a bound belongs to the band above it`(_ price: Double, _ band: String, _ segment: String) {
        let vector = message("our budget is $\(Int(price))")
        #expect(vector.category(.budgetRangeCategory) == band)
        #expect(vector.category(.marketSegment) == segment)
    }

    @Test func `criteria are judged where the lead has said enough, and a hard one disqualifies`() {
        var profile = AgencyProfile()
        profile.serviceAreas = [.init(name: "Elmford"), .init(name: "Oster Valley", aliases: ["the Valley"])]
        profile.criteria.priceFrom = 300_000
        profile.criteria.priceTo = 600_000
        profile.criteria.areas = ["Oster Valley"]
        profile.criteria.timelines = ["immediate", "1_month", "2_months", "3_months"]
        profile.criteria.hard = [.price]
        let good = extract(profile) { $0.message = "450k, a home in the Valley, in 6 weeks" }
        #expect(good.vector[.businessFitAlignment] == 1)
        #expect(good.vector.bool(.meetsBusinessCriteria) == true)
        #expect(good.vector.category(.priorityLevel) == "high")
        #expect(good.vector.category(.primaryLocationArea) == "area_2")
        #expect(good.vector.bool(.inServiceArea) == true)
        #expect(good.unqualifiedReason == nil)
        let half = extract(profile) { $0.message = "900k, a home in Elmford" }
        #expect(half.vector[.businessFitAlignment] == 0)
        #expect(half.vector.category(.priorityLevel) == "low")
        #expect(half.unqualifiedReason?.contains("price") == true)
        let unsaid = extract(profile) { $0.message = "hello" }
        #expect(unsaid.vector.isMissing(.businessFitAlignment))
        #expect(unsaid.vector.isMissing(.inServiceArea))
        #expect(unsaid.unqualifiedReason == nil)
        let outside = extract(profile) { $0.message = "a home in Dunmere" }
        #expect(outside.vector.bool(.inServiceArea) == false)
        #expect(outside.vector.category(.primaryLocationArea) == "other")
    }

    @Test func `only a stated lack of intent and spam disqualify by words`() {
        #expect(extract { $0.message = "hello, what are your office hours?" }.unqualifiedReason == nil)
        #expect(extract { $0.message = "wrong number, stop texting me" }.unqualifiedReason != nil)
        #expect(extract { $0.message = "We offer SEO services, click here http://x.example" }.unqualifiedReason != nil)
    }

    @Test func `more ready financing never lowers readiness`() {
        let ladder = [
            "We were denied a loan.", "We need financing.", "We are getting pre-approved next week.",
            "It will be a conventional loan.", "We are working with a lender.", "We are pre-qualified.",
            "We are pre-approved.", "We are paying cash.",
        ]
        let scores = ladder.map { message($0)[.financingReadinessScore] }
        #expect(scores == scores.sorted())
        #expect(Set(scores).count == ladder.count)
        for (index, better) in ladder.enumerated() {
            for worse in ladder[..<index] {
                #expect(message("\(worse) \(better)")[.financingReadinessScore] == scores[index], "\(worse) \(better)")
            }
        }
    }

    @Test func `a more exact budget, more places and more urgency raise their features`() {
        let budgets = ["Hello there.", "between 400k and 500k", "our budget is 450k", "our budget is $457,500"]
        let specificity = budgets.map { message($0)[.budgetSpecificityScore] }
        #expect(specificity == [0, 0.4, 0.7, 1])
        #expect(message("in Elmford or Dunmere")[.locationSpecificityCount] == 2)
        #expect(message("asap, urgent!")[.urgencyKeywordFrequency] >= message("asap")[.urgencyKeywordFrequency])
    }
}

/// The values that forms and CRMs put into the fields.
struct FieldTests {
    @Test(arguments: [
        ("$450k-$500k", 475_000.0), ("450-500", 475_000), ("500000", 500_000), ("under 600,000", 600_000),
        ("450", 450_000), ("$2,500/mo", nil), ("flexible", nil), ("", nil), ("300k_400k", 350_000),
        ("400,000 - 450,000 USD", 425_000), ("1.2M+", 1_200_000),
    ])
    func `a budget field is read as a budget`(_ text: String, _ price: Double?) {
        #expect(extract { $0.budgetRange = text }.price == price)
    }

    @Test(arguments: [
        ("immediate", "immediate"), ("asap", "immediate"), ("1_month", "1_month"), ("30 days", "1_month"),
        ("1-3 months", "3_months"), ("3-6 months", "6_months"), ("6_months", "6_months"), ("1_year", "1_year"),
        ("flexible", "flexible"), ("just browsing", "flexible"), ("next spring", "6_months"), ("unknown", nil),
        ("60-90 days", "3_months"), ("within 2 weeks", "immediate"), ("this month", "immediate"), ("March", "3_months"),
    ])
    func `a timeline field is read as a timeline`(_ text: String, _ category: String?) {
        #expect(extract { $0.timelineUrgency = text }.statedTimeline?.category == category)
    }

    @Test(arguments: [
        ("Website", nil, "website"), ("realtor.com", nil, "portal"), ("Facebook Ads", nil, "social"),
        ("SMS", nil, "sms"), ("Open House", nil, "open_house"), ("past client", nil, "referral"),
        ("GoHighLevel", nil, "crm"), ("billboard", nil, "other"), (nil, "Jane", "referral"), (nil, nil, nil),
        ("simulated", nil, "other"), ("phone_call", nil, "phone"),
    ])
    func `a source is one of nine`(_ source: String?, _ referrer: String?, _ category: String?) {
        let vector = vector {
            $0.source = source
            $0.referralSource = referrer
        }
        #expect(vector.category(.leadSourceType) == category)
    }

    @Test(arguments: [
        ("single_family", "single_family"), ("Single Family Home", "single_family"), ("Condo", "condo"),
        ("multi-family", "multi_family"), ("yurt", "other"), ("house", "single_family"), ("Land", "land"),
    ])
    func `a property field is one of seven`(_ text: String, _ category: String) {
        #expect(vector { $0.propertyType = text }.category(.propertyTypePreference) == category)
    }

    @Test(arguments: [
        ("Austin, TX", ["Austin"]), ("round rock or cedar park", ["round rock", "cedar park"]), ("anywhere", []),
        ("78664", []), ("near the lake", ["lake"]), ("", []), ("Elmford; Dunmere", ["Elmford", "Dunmere"]),
    ])
    func `a location field is a list of places`(_ text: String, _ places: [String]) {
        #expect(extract { $0.locationPreference = text }.places == places)
    }
}
