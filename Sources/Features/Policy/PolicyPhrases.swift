/// Why a word is protected or a proxy. One list for texts, columns, prompts and explanations.
enum ProtectedMatter: UInt8, Sendable, CaseIterable {
    case familialStatus, maritalStatus, religion, origin, disability, gender, age
    case place, school, incomeSource, bedrooms
    /// Looks like one and is none ("single family").
    case none

    var isProxy: Bool {
        switch self {
        case .place, .school, .incomeSource, .bedrooms: true
        default: false
        }
    }

    /// Said in reports; names the law's word.
    var reason: String {
        switch self {
        case .familialStatus: "familial status: family, children, pregnancy or household"
        case .maritalStatus: "marital status"
        case .religion: "religion"
        case .origin: "race, colour, national origin or immigration"
        case .disability: "disability or a service animal"
        case .gender: "sex, gender or orientation"
        case .age: "age or date of birth"
        case .place: "a postal code or area code stands for who lives there"
        case .school: "schools stand for families and neighbourhoods"
        case .incomeSource: "source of income or vouchers"
        case .bedrooms: "bedrooms stand for the size of a family"
        case .none: ""
        }
    }

    static let phrases: [(ProtectedMatter, String)] = [
        (
            .none,
            """
            single family|multi family|two family|three family|four family|family room|in law suite|\
            white house|white kitchen|white cabinets|black granite|black appliances|black and white|baby grand|\
            mother in law suite|mother in law unit|senior agent|senior loan officer|visa card|church street|church st|\
            church road|church rd|church avenue|church hill|falls church|christian street|high school road|foster city|temple street|\
            blind corner|blinds|handicap parking|retirement account|retirement savings|business partner|couple of|\
            couple weeks|couple months|couple more|a couple years|couple days|next couple|multi generational|old school road|walker street|\
            school street|school road|race street|young street|french doors|italian marble|spanish style|\
            german village|indian wells|little italy|son's roofing|partner agent|king bed|queen bed|man cave|\
            black friday|black hawk|black diamond|white plains|white rock|white oak|native plants|latin quarter|japanese garden
            """
        ),
        (
            .familialStatus,
            """
            family|families|kid|kids|child|children|son|sons|daughter|daughters|baby|babies|toddler|toddlers|newborn|\
            newborns|infant|infants|pregnant|pregnancy|expecting a baby|expecting our|expecting my|we're expecting|\
            we are expecting|wife is expecting|expecting twins|expecting a child|twins|triplets|maternity leave|paternity leave|\
            foster child|foster children|foster kids|foster parent|foster parents|adopting|adoption|adopted|grandkids|\
            grandchildren|grandchild|grandson|granddaughter|teen|teens|teenager|teenagers|stepkids|stepson|\
            stepdaughter|nephew|niece|mother|mom|mum|dad|father|parents|parent|grandma|grandpa|grandmother|\
            grandfather|grandparents|sibling|siblings|brother|sister|in laws|mother in law|father in law|household|\
            family of|single mom|single mother|single dad|single father|single parent|empty nester|empty nesters|\
            daycare|day care|nursery|playroom for|kindergarten|family size|dependents|dependent|kindergartner|nanny|\
            custody|no kids|without kids|without children|childless|child free|growing family|large family|big family
            """
        ),
        (
            .maritalStatus,
            """
            husband|wife|spouse|hubby|wifey|fiance|fiancé|fiancée|fiancee|girlfriend|boyfriend|married|marry|marrying|\
            marriage|newlywed|newlyweds|wedding|divorce|divorced|divorcing|separated|widow|widowed|widower|my partner|\
            our partner|partner and i|i'm single|i am single|im single|getting married|just married|unmarried|\
            young couple|married couple|we are a couple|we're a couple|gay couple|retired couple|older couple|\
            domestic partner|single woman|single man|single person|single professional|engaged to be married|\
            bachelor|bachelorette|significant other|ex wife|ex husband|marital status|marital
            """
        ),
        (
            .religion,
            """
            christian|christians|catholic|catholics|jewish|jew|jews|muslim|muslims|islam|islamic|hindu|hindus|sikh|\
            sikhs|buddhist|buddhists|mormon|mormons|lds|church|churches|mosque|mosques|synagogue|synagogues|\
            hindu temple|a temple|the temple|near temple|kosher|halal|religious|religion|faith|prayer|prayers|bible|\
            eid|ramadan|hanukkah|diwali|orthodox|protestant|baptist|evangelical|atheist|parish|gurdwara|shul|eruv|\
            sabbath|shabbat|jehovah's witness|pray|worship|congregation|pastor|rabbi|imam
            """
        ),
        (
            .origin,
            """
            immigrant|immigrants|immigration|immigrated|immigrating|visa|visas|green card|green cards|greencard|h1b|\
            f1 visa|citizen|citizens|citizenship|undocumented|refugee|refugees|asylum|daca|work permit|naturalized|\
            permanent resident|permanent residents|foreigner|foreigners|second language|native speaker|my accent|\
            our accent|accent|race|racial|ethnic|ethnicity|african american|african americans|asian american|\
            asian americans|hispanic|hispanics|latino|latina|latinos|latinx|caucasian|native american|indigenous|\
            biracial|minority|minorities|people of color|nationality|originally from|my country|our country|home country|\
            from overseas|born in|itin|ead card|tribal
            """
        ),
        (
            .disability,
            """
            disabled|disability|disabilities|wheelchair|wheelchairs|handicap|handicapped|handicap accessible|legally blind|\
            i'm blind|i am blind|is blind|blind|deaf|hearing impaired|visually impaired|autism|autistic|cancer|illness|\
            chronic pain|medical condition|health condition|mental health|ptsd|anxiety|depression|dementia|alzheimer's|\
            alzheimers|ssdi|special needs|service dog|service dogs|service animal|service animals|assistance dog|\
            assistance animal|emotional support|emotional support animal|emotional support dog|emotional support cat|\
            esa|esa letter|guide dog|therapy dog|therapy animal|support animal|limited mobility|mobility issues|\
            mobility|walker|paraplegic|amputee|down syndrome|adhd|epilepsy|seizures|multiple sclerosis|chronic illness|\
            accessible|accessibility|wheelchair accessible|wheelchair ramp|grab bars|oxygen|dialysis|bipolar|disabled veteran
            """
        ),
        (
            .gender,
            """
            man|woman|men|women|male|female|lady|ladies|gentleman|gentlemen|gay|lesbian|lgbt|lgbtq|transgender|trans|\
            queer|bisexual|homosexual|nonbinary|non binary|girl|girls|boy|boys|same sex|gender|pronouns|two moms|two dads
            """
        ),
        (
            .age,
            """
            years old|year old|yrs old|yr old|y o|years of age|aged|elderly|senior|seniors|senior citizen|senior citizens|\
            retired|retiree|retirees|retirement|retiring|retire|birthday|date of birth|dob|birth date|birthdate|\
            in my twenties|in my thirties|in my forties|in my fifties|in my sixties|in my seventies|in our twenties|\
            in our thirties|in our forties|in our fifties|in our sixties|in our seventies|\
            millennial|millennials|baby boomer|boomer|boomers|gen z|gen x|middle aged|my age|our age|young professional|\
            young professionals|older adult|older adults|adult community|active adult|55 plus|nursing home|assisted living|old age
            """
        ),
        (.place, "zip code|zipcode|zip|postal code|postcode|area code"),
        (
            .school,
            """
            school|schools|school district|school districts|elementary|elementary school|middle school|high school|\
            preschool|school zone|school year|good schools|great schools|top rated schools|school ratings
            """
        ),
        (
            .incomeSource,
            """
            section eight|housing voucher|voucher|vouchers|welfare|ssi|food stamps|snap benefits|child support|\
            alimony|public assistance|social security|housing assistance|unemployment benefits|unemployment|pension
            """
        ),
        (.bedrooms, "bedroom|bedrooms|bed|beds|br|bdrm|bdrms|bd|bds|brs|bedder|bed room|bed rooms|bdr"),
    ]
}
