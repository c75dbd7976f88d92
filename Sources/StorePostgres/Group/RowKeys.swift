import Scoring

struct OutcomeKey: Hashable {
    var lead: LeadKey
    var at: Int64
    var result: String
}
