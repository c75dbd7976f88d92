/// Words in a column's name that speak of what is known only when a lead's story has ended, or while it ends.
///
/// A name convicts nobody alone: "status" may be marital, "duration" that of a visit before the lead. Each word says how well
/// the column must tell the label for the suspicion to be a verdict.
enum OutcomeNames {
    struct Match: Hashable {
        /// As it stands in the list.
        let words: String
        let reason: Reason
        /// The name says that it looks back or ahead ("previous outcome", "expected close"), so it may well be known before.
        let isCleared: Bool
    }

    enum Reason: CaseIterable {
        case ending
        case overwritten
        case judgement
        case course
        case money

        /// The AUC alone, at its lower bound, from which the name and the figures together are a verdict.
        ///
        /// On tables whose safe columns are documented the best safe one reaches 0.76 with a lower bound of 0.72.
        var convictingAUC: Double {
            switch self {
            case .ending, .overwritten: 0.65
            case .judgement: 0.7
            case .course: 0.75
            case .money: 0.8
            }
        }

        /// From here a person should look.
        var suspiciousAUC: Double { convictingAUC - 0.05 }

        var text: String {
            switch self {
            case .ending: "speaks of how it ended"
            case .overwritten: "speaks of a record's latest state, written over until the table was exported"
            case .judgement: "speaks of a judgement that people make on the way to the outcome"
            case .course: "speaks of the course of the contact that led to the outcome"
            case .money: "speaks of money that flows only with the outcome"
            }
        }
    }

    /// The longest match in a name decides.
    static func match(in name: String) -> Match? {
        let words = words(of: name)
        var best: (phrase: [String], reason: Reason)?
        for (reason, phrases) in table {
            for phrase in phrases where phrase.count > best?.phrase.count ?? 0 && contains(words, phrase) {
                best = (phrase, reason)
            }
        }
        guard let best, !innocent.contains(where: { contains(words, $0) }) else { return nil }
        return Match(
            words: best.phrase.joined(separator: " "), reason: best.reason,
            isCleared: words.contains(where: clearing.contains))
    }

    /// Whether a moment in such a column is the one at which the story ended.
    static func isMomentOfEnding(_ match: Match) -> Bool { match.reason == .ending && !match.isCleared }

    /// `closeDate`, `CLOSE_DATE` and `Close Date` as `close`, `date`.
    static func words(of name: String) -> [String] {
        var words: [String] = []
        var word = ""
        var wasLower = false
        for character in name {
            guard character.isLetter || character.isNumber else {
                if !word.isEmpty { words.append(word) }
                word = ""
                wasLower = false
                continue
            }
            if character.isUppercase, wasLower {
                words.append(word)
                word = ""
            }
            word += character.lowercased()
            wasLower = character.isLowercase
        }
        return word.isEmpty ? words : words + [word]
    }

    private static func contains(_ words: [String], _ phrase: [String]) -> Bool {
        guard phrase.count <= words.count else { return false }
        return (0...(words.count - phrase.count)).contains { start in
            phrase.indices.allSatisfy { words[start + $0] == phrase[$0] }
        }
    }

    private static func phrases(_ list: String) -> [[String]] {
        list.split(separator: "|").map { $0.split(separator: " ").map(String.init) }
    }

    private static let table: [(Reason, [[String]])] = [
        (
            .ending,
            phrases(
                """
                outcome|outcomes|result|results|close|closed|closes|closing|closure|close date|closed at|closed on|won|win|\
                lost|loss reason|lost reason|win reason|reason lost|won reason|reason for state|status reason|converted|\
                conversion|converted at|churn|churned|cancelled|canceled|cancellation|signed|contract signed|sold|sold price|\
                disposition|resolution|resolved|reservation status|deal stage|sales stage|opportunity stage|pipeline stage|\
                lead stage|final status|final stage|lead status|deal status|opportunity status|deal closed|terminated|\
                termination|recovered|recoveries|booking id|purchased|purchase date|order id|invoice id|became|deal id|contract id|\
                contract date|contract start
                """)
        ),
        (
            .overwritten,
            phrases(
                """
                last activity|last notable activity|last modified|last updated|modified at|updated at|last touch|last status|\
                last stage|last event|latest activity|latest status|current status|current stage
                """)
        ),
        (
            .judgement,
            phrases(
                """
                tag|tags|quality|lead quality|lead grade|lead rating|lead profile|disqualified|disqualification|qualification|\
                qualified|next step|next steps|agent notes|remarks|stage|stages|reason|\
                probability|forecast category|lifecycle stage
                """)
        ),
        (
            .course,
            phrases(
                """
                duration|call duration|call length|call seconds|talk time|handle time|conversation length|status|state reason|\
                page value|page values|pagevalue|pagevalues|goal value|goal values|cycle length|sales cycle|days to|time to|\
                days identified|days validated|days qualified|elapsed days|last contact|follow ups|followups
                """)
        ),
        (
            .money,
            phrases(
                """
                revenue|commission|transaction|transactions|transaction revenue|invoice|invoiced|payment|payments|paid|refund|\
                order value|deal value|close value|closed value|deal amount|contract value|final price|sale price|purchase|\
                pymnt|collection|recovery
                """)
        ),
    ]

    /// Look-alikes that are known before.
    private static let innocent = phrases(
        """
        marital status|civil status|employment status|job status|account status|checking status|existing status|\
        housing status|home status|residence status|financing status|relationship status|verification status|citizenship status|\
        membership status|do not|payment method|payment type|method of payment|down payment|annual revenue|company revenue|\
        yearly revenue|estimated revenue|price quality|image quality|credit quality|data quality|purchase department|\
        purch dept|purchase intent|purchase timeframe|purchase timeline|loan purpose|time to move|close to|qualified lead source|\
        pre qualified|pre qualification|signed up|reason for moving|reason for buying|contact reason|visit reason|life stage|\
        decision stage|buying stage|funding stage|startup stage
        """)

    private static let clearing: Set<String> = [
        "previous", "previously", "prev", "prior", "past", "earlier", "historic", "historical", "former", "expected",
        "planned", "target", "desired", "requested", "wanted", "forecast", "estimated", "preferred", "p",
    ]
}
