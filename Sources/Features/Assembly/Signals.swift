/// What all the texts of a lead say together: the newest statement of each kind wins, places and counts add up.
struct Signals: Sendable {
    var figure: Budget.Figure?
    var approval: Budget.Figure?
    var rent: Double?
    var financing: Financing?
    /// Days from `asOf`; the inner nil is "flexible", the outer nothing said.
    var timeline: Int??
    var places: [FoundPlace] = []
    /// Position in the vocabulary of `property_type_preference`.
    var property: Int?
    var intent: Intent?
    var stage: Int?
    var urgency = 0.0
    var sentences = 0
    var tone = 0
    /// Messages of theirs, those without a word left included.
    var inbound = 0
    /// Messages of theirs with words left after masking, and their lengths.
    var texts = 0
    var maskedSpans = 0
    var firstChannel: String?
    /// Minutes from our message to their reply.
    var replyMinutes = 0.0
    var replies = 0
    private var meanLength = 0.0
    private var squares = 0.0

    var hasWords: Bool { texts > 0 }

    /// Population variance of the lengths, nil below two.
    var lengthVariance: Double? { texts < 2 ? nil : squares / Double(texts) }

    /// Welford's update: one pass, no list.
    mutating func addLength(_ length: Double) {
        texts += 1
        let delta = length - meanLength
        meanLength += delta / Double(texts)
        squares += delta * (length - meanLength)
    }
}
