/// What our own message asks for, so that a short answer can be read.
struct QuestionReader: Sendable {
    private let cues: PhraseTable<Passage.Question>

    init(lexicon: inout Lexicon) {
        cues = PhraseTable(
            [
                (
                    .place,
                    """
                    where|which area|what area|what areas|which areas|what city|which city|what town|which town|\
                    what location|which location|what neighborhood|which neighborhood|what neighborhoods|area of interest|\
                    preferred area|preferred location|location in mind|what part of town|city|area|areas|cities|town|neighborhoods
                    """
                ),
                (
                    .budget,
                    """
                    budget|price range|price point|how much|looking to spend|comfortable spending|want to spend|\
                    plan to spend|afford|price
                    """
                ),
                (.approval, "pre approved|preapproved|pre approval|pre qualified|prequalified|approved for"),
                (
                    .time,
                    """
                    when|how soon|timeline|timeframe|time frame|move in date|by when|what month|how quickly
                    """
                ),
            ], lexicon: &lexicon)
    }

    /// The subjects of the questions in one outbound text.
    func read(_ passage: Passage) -> Passage.Question {
        var asked: Passage.Question = []
        var isVisit = false
        for index in passage.tokens.indices {
            let roles = passage.rolesOfSentence(at: index)
            guard roles.contains(.question), !roles.contains(.otherTopic) else { continue }
            if let (subject, _) = cues.match(passage.tokens, at: index) { asked.formUnion(subject) }
            isVisit = isVisit || passage.tokens[index].has(.visit)
        }
        // "When would you like to see it?" asks for an appointment.
        if isVisit { asked.remove(.time) }
        return asked
    }
}
