/// What a lead says about paying for it.
struct Financing: Sendable {
    /// Position in the vocabulary of `financing_status_category`.
    var status: Int
    /// `financing_readiness_score`, 0...1.
    var readiness: Double
    /// Claims approval or cash; denies it; or says neither.
    var isApproved: Bool?
    /// Takes back what was said before ("not yet", "expired", "denied").
    var isRetraction = false

    /// What an older statement leaves of itself beside a newer one: a kind of loan never lowers an approval, a
    /// retraction does.
    func updated(by newer: Financing) -> Financing {
        newer.isRetraction || newer.isApproved == true || newer.readiness >= readiness ? newer : self
    }
}

/// Finds claims about cash, approval and loans, with their negations.
struct FinancingReader: Sendable {
    enum Claim: Sendable {
        case cash, approved, prequalified, notYet, conventional, fha, va, jumbo, applied, needs, denied
        /// Looks like a claim and is none (`cash flow`).
        case nothing
    }

    private let phrases: PhraseTable<Claim>
    private let linking: PhraseTable<Bool>
    private let pendingTails: PhraseTable<Bool>
    private let replies: PhraseTable<Bool>
    private let conditions: PhraseTable<Bool>
    private let get: UInt16

    init(lexicon: inout Lexicon) {
        phrases = PhraseTable(FinancingReader.phraseTable, lexicon: &lexicon)
        linking = PhraseTable(
            [
                (
                    true,
                    "to|be|get|my|a|an|our|the|become|on|for|go|getting|finally|fully|also|got|soon|been|probably|first"
                )
            ],
            lexicon: &lexicon)
        pendingTails = PhraseTable(
            [
                (
                    true,
                    """
                    pending|in progress|in process|expired|has expired|is pending|underway|is underway|next week|\
                    process|application|fell through|in the works|soon|tomorrow|this week|is in process|lapsed|\
                    has lapsed|is in progress|ran out|appointment|started
                    """
                )
            ], lexicon: &lexicon)
        conditions = PhraseTable(
            [(true, "once|when|after|until|till|waiting for|waiting on|wait for")], lexicon: &lexicon)
        get = lexicon.add("get")
        replies = PhraseTable(
            [
                (true, "yes|yep|yeah|yup|i am|we are|already|correct|sure am|absolutely|of course"),
                (false, "no|not yet|nope|not|haven't|not really|no not yet|working on it"),
            ], lexicon: &lexicon)
    }

    /// The strongest claim of the text; nil when it makes none.
    func read(_ passage: Passage) -> Financing? {
        var best: Financing?
        var isDenied = false
        var index = 0
        while index < passage.tokens.count {
            guard let (claim, length) = phrases.match(passage.tokens, at: index) else {
                index += 1
                continue
            }
            if let found = judge(claim, passage, index, end: index + length) {
                isDenied = isDenied || found.isApproved == false
                if claim == .denied || best.map({ found.readiness > $0.readiness }) ?? true {
                    let wasApproved = best?.isApproved == true
                    best = found
                    if wasApproved, claim != .denied { best?.isApproved = true }
                }
            }
            index += length
        }
        // "not pre-approved yet but working with a lender"
        if isDenied, best?.isApproved == nil { best?.isApproved = false }
        if best == nil, passage.asked.contains(.approval), let first = passage.tokens.first, first.isWord,
            let (isYes, _) = replies.match(passage.tokens, at: 0)
        {
            return isYes ? FinancingReader.approved : FinancingReader.notApproved
        }
        return best
    }

    /// The readiness of a lead that a lender has approved.
    static let approvedReadiness = 0.85
    private static let approved = Financing(status: 1, readiness: approvedReadiness, isApproved: true)
    private static let pending = Financing(status: 6, readiness: 0.35, isApproved: false, isRetraction: true)
    private static let notApproved = Financing(status: 6, readiness: 0.2, isApproved: false, isRetraction: true)

    private func judge(_ claim: Claim, _ passage: Passage, _ index: Int, end: Int) -> Financing? {
        let isNegated = passage.isNegated(index)
        switch claim {
        case .nothing: return nil
        case .cash:
            if isNegated || passage.isInQuestion(index) || isUncertain(passage, index) { return nil }
            return Financing(status: 0, readiness: 1, isApproved: true)
        case .approved, .prequalified:
            if isUncertain(passage, index) { return nil }
            if isNegated { return FinancingReader.notApproved }
            if passage.isInQuestion(index) { return asksHowToGet(passage, index) ? FinancingReader.pending : nil }
            if isPending(passage, index, end: end) { return FinancingReader.pending }
            return claim == .approved
                ? FinancingReader.approved : Financing(status: 1, readiness: 0.75, isApproved: true)
        case .notYet:
            if passage.isInQuestion(index), !asksHowToGet(passage, index + 1) { return nil }
            return isNegated ? FinancingReader.notApproved : FinancingReader.pending
        case .conventional: return isNegated ? nil : Financing(status: 2, readiness: 0.5)
        case .fha: return isNegated ? nil : Financing(status: 3, readiness: 0.5)
        case .va: return isNegated ? nil : Financing(status: 4, readiness: 0.5)
        case .jumbo: return isNegated ? nil : Financing(status: 5, readiness: 0.5)
        case .applied: return isNegated ? FinancingReader.notApproved : Financing(status: 6, readiness: 0.6)
        case .needs:
            return isNegated ? nil : Financing(status: 6, readiness: 0.2, isApproved: false)
        case .denied:
            return isNegated ? nil : Financing(status: 6, readiness: 0.1, isApproved: false, isRetraction: true)
        }
    }

    /// "wondering if", "what if we were": no claim.
    private func isUncertain(_ passage: Passage, _ index: Int) -> Bool {
        (max(0, index - 4)..<index).contains { passage.tokens[$0].has(.uncertain) }
    }

    /// "How do I get pre-approved?" says that they are not; "do I need to be?" says nothing.
    private func asksHowToGet(_ passage: Passage, _ index: Int) -> Bool {
        index > 0 && passage.tokens[index - 1].word == get
    }

    /// "getting …", "will be …", "need to get …", "… next week", "… expired"
    private func isPending(_ passage: Passage, _ index: Int, end: Int) -> Bool {
        let tokens = passage.tokens
        if (max(0, index - 4)..<index).contains(where: { conditions.match(tokens, at: $0) != nil }) { return true }
        var at = index - 1
        while at >= max(0, index - 5) {
            if tokens[at].has(.future) { return true }
            guard tokens[at].isWord, linking.match(tokens, at: at) != nil else { break }
            at -= 1
        }
        at = end
        while at < tokens.count, at < end + 4, !tokens[at].isBreak {
            if pendingTails.match(tokens, at: at) != nil { return true }
            if tokens[at].has([.conjunction, .subject, .placePreposition]) { break }
            at += 1
        }
        return false
    }

    private static let phraseTable: [(Claim, String)] = [
        (
            .cash,
            """
            cash|all cash|cash buyer|cash buyers|cash offer|paying cash|no financing|no financing needed|no mortgage|\
            no mortgage needed|no loan|no loan needed|don't need financing|don't need a loan|don't need a mortgage|\
            dont need financing|dont need a loan|dont need a mortgage|do not need financing|do not need a loan|\
            do not need a mortgage|won't need financing|won't need a loan|won't need a mortgage|no need for financing|\
            no need for a loan|no need for a mortgage|without financing|without a loan|without a mortgage|\
            not financing|proof of funds|pay outright|buy outright|paying outright|buying outright|pay in full|\
            financing not needed|not need financing|not need a loan|not need a mortgage|not getting a mortgage
            """
        ),
        (
            .approved,
            """
            pre approved|preapproved|pre approval|preapproval|pre approval letter|preapproval letter|approval letter|\
            pre approvals|fully approved|been approved|got approved|am approved|are approved|i'm approved|we're approved|\
            already approved|approved for|approved by|approved up to|approved with|approved through|lender approved|\
            bank approved|approved buyer|fully underwritten|commitment letter|loan commitment|loan approved|\
            loan is approved|loan was approved|mortgage approved|mortgage is approved|approved mortgage|approved loan|\
            financing approved|financing is approved|financing in place|financing secured|financing lined up|\
            financing is in place|financing is secured|financing is lined up|financing is already lined up|financing already lined up|financing is already in place|loan lined up|mortgage lined up|\
            mortgage in place|loan in place|approved us|approved me|preaproved|pre aproved|underwriting approval|\
            financing is ready|mortgage approval|loan approval|lender letter|pre approve|preapprove
            """
        ),
        (
            .notYet,
            """
            get approved|be approved|getting approved|get pre approved|be pre approved|get preapproved|be preapproved|\
            getting pre approved|getting preapproved
            """
        ),
        (
            .prequalified,
            """
            pre qualified|prequalified|pre qualification|prequalification|prequal|pre qual|prequal letter|\
            qualified for a loan|qualified for a mortgage|qualify for a loan|qualify for a mortgage|qualified for|\
            pre qualify|prequalify
            """
        ),
        (.conventional, "conventional|conventional loan|conventional financing|conventional mortgage"),
        (.fha, "fha|fha loan|fha financing"),
        (
            .va,
            """
            va loan|va loans|va financing|va mortgage|va buyer|va eligible|va eligibility|va benefits|va benefit|va home loan|\
            using va|using my va|use my va|use va|my va|va approved|with va|va funded|our va|via va
            """
        ),
        (.jumbo, "jumbo|jumbo loan|jumbo mortgage"),
        (
            .applied,
            """
            applied for a loan|applied for a mortgage|applied for financing|working with a lender|talking to a lender|\
            working with a bank|working with my bank|working with our bank|spoke with a lender|spoke to a lender|\
            talked to a lender|met with a lender|have a lender|loan application|mortgage application|have a loan officer|\
            got a lender|in underwriting|submitted my application|working with my lender|working with our lender|\
            talking to my bank|talking to our bank|talking with a lender|spoken to a lender|spoken with a lender|\
            met with my bank|our lender is|my lender is|talking to lenders|shopping for rates|comparing lenders
            """
        ),
        (
            .needs,
            """
            financing|finance|mortgage|need financing|need a loan|need a mortgage|need to finance|need a lender|\
            find a lender|recommend a lender|lender recommendation|lender recommendations|looking for a lender|\
            get a mortgage|getting a mortgage|apply for a mortgage|apply for a loan|bad credit|credit repair|\
            owner financing|seller financing|rent to own|talk to a lender|speak with a lender|speak to a lender|\
            get a loan|getting a loan|home loan|usda|usda loan|usda financing|take out a loan|financed|a loan|\
            credit issues|fix my credit|fix our credit|down payment assistance|know a lender|borrow
            """
        ),
        (
            .denied,
            """
            it has expired|it expired|it lapsed|that expired|that has expired|has since expired|was denied|were denied|got denied|been denied|was denied a loan|were denied a loan|got denied a loan|been denied a loan|was denied a mortgage|were denied a mortgage|been denied a mortgage|was denied financing|were denied financing|been denied financing|denied a loan|denied a mortgage|turned down|loan denied|\
            mortgage denied|got turned down|loan fell through|financing fell through|mortgage fell through|denied for a
            """
        ),
        (
            .nothing,
            """
            cash flow|cash flows|cash flowing|cash back|cash out|cash on cash|cash in on|cashing out|cash cow|\
            petty cash|cash reserves|pets approved|pre foreclosure|mortgage payment|mortgage payments|mortgage balance|\
            current mortgage|mortgage rate|mortgage rates|existing mortgage|hoa approved|not a fan|my mortgage|\
            our mortgage|cash for keys|mortgage is paid off|mortgage calculator
            """
        ),
    ]
}
