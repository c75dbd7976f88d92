// µs of thread CPU for the 28 features of one lead: a 300-character message and 6 earlier ones. Prints one JSON object.
import Features
import Glibc
import Leads

// The lead of the budget: a 300-character message and 6 earlier ones.
var profile = AgencyProfile()
profile.serviceAreas = ["Round Rock", "Austin", "Cedar Park", "Leander", "Georgetown"].map { .init(name: $0) }
profile.criteria.priceFrom = 200_000
profile.criteria.areas = ["Austin"]
let extractor = FeatureExtractor(profile: profile)
let asOf = Timestamp(CivilTime(year: 2026, month: 11, day: 22, hour: 12))
var lead = Lead(id: "bench")
lead.source = "website"
lead.message = """
    Thanks for the list! We are pre-approved for $525k with our bank and would like to stay between $450k and $500k. \
    A townhouse or single family home in Round Rock or near Cedar Park would be ideal, three baths and a small yard. \
    Our lease ends in June, so we hope to close by end of May. Can we see two of them this weekend?
    """
let bodies: [(Message.Direction, String)] = [
    (
        .inbound,
        "Hi, I saw the listing on your website and would like to know whether it is still available for a visit."
    ),
    (
        .outbound,
        "Hello and thank you for your message! It is still available. Which areas are you looking in, and what is your budget?"
    ),
    (
        .inbound,
        "Mostly Round Rock, maybe Cedar Park too. Around 475 I think, not more than 500k in any case, no HOA if possible."
    ),
    (.outbound, "Great choice. When would you like to move, and have you been pre-approved by a lender yet?"),
    (
        .inbound,
        "In about 6 months, no rush. We are getting pre-approved next week with our bank, they already have the documents."
    ),
    (.outbound, "Perfect, I will send you a short list this evening. Would you rather see houses or townhouses?"),
]
for (index, (direction, body)) in bodies.enumerated() {
    lead.messages.append(
        Message(direction: direction, body: body, at: asOf.advanced(by: .seconds(-86_400 * (7 - index)))))
}
func nanoseconds() -> Int {
    var now = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now)
    return now.tv_sec * 1_000_000_000 + now.tv_nsec
}
var sink = 0
var samples: [Double] = []
for _ in 0..<200 {
    let start = nanoseconds()
    for _ in 0..<100 { sink &+= extractor.extract(lead, asOf: asOf).places.count }
    samples.append(Double(nanoseconds() - start) / 100 / 1_000)
}
samples.sort()
print("{\"features_us\": \(samples[20]), \"median_us\": \(samples[100]), \"places\": \(sink)}")
