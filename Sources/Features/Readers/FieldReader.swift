/// Reads the short fields that a caller or a form filled in: source, places, property.
struct FieldReader: Sendable {
    private let sources: PhraseTable<Int>
    private let noPlace: PhraseTable<Bool>

    init(lexicon: inout Lexicon) {
        sources = PhraseTable(FieldReader.sourceTable, lexicon: &lexicon)
        noPlace = PhraseTable(
            [
                (
                    true,
                    "anywhere|any|flexible|no preference|open|none|undecided|not sure|unknown|na|tbd|wherever|everywhere"
                )
            ],
            lexicon: &lexicon)
    }

    static let otherSource = 8

    /// The position in the vocabulary of `lead_source_type`.
    func source(_ passage: Passage) -> Int {
        for index in passage.tokens.indices {
            if let (source, _) = sources.match(passage.tokens, at: index) { return source }
        }
        return FieldReader.otherSource
    }

    /// Whether the field says that any place will do.
    func isNoPlace(_ passage: Passage) -> Bool {
        passage.tokens.isEmpty || noPlace.match(passage.tokens, at: 0) != nil
    }

    private static let sourceTable: [(Int, String)] = [
        (6, "open house|open houses|openhouse"),
        (2, "referral|referred|referrals|friend|past client|word of mouth|sphere|soi|agent referral|client referral"),
        (
            1,
            """
            zillow|trulia|redfin|realtor|realtor com|homes com|portal|opcity|movoto|apartments com|rightmove|zoopla|\
            homesnap|homelight|mls|streeteasy|loopnet
            """
        ),
        (
            3,
            """
            facebook|instagram|tiktok|linkedin|social|social media|twitter|youtube|snapchat|pinterest|meta|fb|nextdoor|\
            facebook ads|facebook ad|instagram ad|messenger
            """
        ),
        (4, "sms|text|texts|text message|whatsapp|mms|texting"),
        (5, "phone|call|calls|phone call|inbound call|cold call|voicemail|telephone|sign call"),
        (
            0,
            """
            website|web|site|landing page|contact form|form|web form|idx|online|google|google ads|ppc|organic|homepage|\
            webchat|chat|chatbot|live chat|blog|search|email|newsletter
            """
        ),
        (
            7,
            "crm|import|imported|ghl|gohighlevel|go high level|hubspot|salesforce|follow up boss|database|csv|kvcore|boomtown|zoho|pipedrive|api"
        ),
    ]
}
