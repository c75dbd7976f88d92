/// Weighs words of urgency, negation understood.
struct UrgencyReader: Sendable {
    private let phrases: PhraseTable<Double>

    init(lexicon: inout Lexicon) {
        phrases = PhraseTable(UrgencyReader.phraseTable, lexicon: &lexicon)
    }

    /// The sum of the weights of the text's urgency words.
    func read(_ passage: Passage) -> Double {
        var total = 0.0
        var index = 0
        while index < passage.tokens.count {
            guard let (weight, length) = phrases.match(passage.tokens, at: index) else {
                index += 1
                continue
            }
            if weight > 0, !passage.isNegated(index, reach: 5) { total += weight }
            index += length
        }
        return total
    }

    /// Weight 0 takes a phrase out of the count.
    private static let phraseTable: [(Double, String)] = [
        (
            1,
            """
            asap|as soon as possible|as quickly as possible|as fast as possible|urgent|urgently|immediately|immediate|\
            right away|straight away|emergency|time sensitive|desperate|desperately|running out of time|\
            as soon as we can|as soon as i can|ready to move now|ready to buy now|need to move now|evicted|eviction
            """
        ),
        (
            0.8,
            """
            hurry|in a rush|in a hurry|must move|must buy|must sell|have to move|have to sell|have to be out|\
            need to be out|must be out|quickly|deadline|foreclosure|before someone else|sooner the better|\
            ready to buy|ready to make an offer|ready to go|move fast|act fast|don't want to miss|tight timeline|\
            tight timeframe|can close quickly|quick close|fast close
            """
        ),
        (
            0.6,
            """
            right now|today|tonight|tomorrow|lease ends|lease is ending|lease is up|lease expires|lease ending|\
            lease runs out|soon|end of the month|this week|this weekend|relocating|job transfer|new job|closing soon|\
            under contract on our|already sold|this month|within days
            """
        ),
        (
            0,
            """
            rush hour|emergency fund|no rush|not in a rush|no hurry|not in a hurry|not rushing|nothing urgent|\
            not urgent|no urgency|not anytime soon|not any time soon|talk soon|speak soon|see you soon|\
            hear from you soon|hear back soon|get back to you soon|no deadline|no big rush|no real rush|how soon|no big hurry|in no hurry|in no rush|in no particular rush|\
            no particular rush|not that urgent|don't rush|too soon|rush street|in no real hurry
            """
        ),
    ]
}
