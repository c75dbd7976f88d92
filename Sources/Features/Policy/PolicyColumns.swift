extension FeaturePolicy {
    /// Words and phrases in a column's name. The longest match decides; `none` clears a look-alike.
    static let columnNames: [(ProtectedMatter, String)] = [
        (
            .none,
            """
            single family|multi family|lead age|account age|page age|age days|age of lead|age in days|age hours|\
            days since birthday campaign|partner agent|child account|parent account|parent id|parent company|\
            family room|company age|listing age|message age|customer age days|age minutes|property age|home age|\
            house age|year built|building age|tenure age|model age
            """
        ),
        (
            .familialStatus,
            """
            family|families|kids|kid|children|child|num children|dependents|dependants|dependent|household|household size|\
            hh size|family size|family status|familial status|pregnant|pregnancy|expecting|baby|parent|parents|parental|\
            mother|father|single parent|maternity|family mentioned|sons|daughters|n kids|numdependents
            """
        ),
        (
            .maritalStatus,
            "marital|marital status|married|marriage|spouse|spouse name|husband|wife|divorced|widowed|civil status|relationship status|fiance"
        ),
        (.religion, "religion|religious|faith|church|denomination|mosque|synagogue|christian|muslim|jewish|creed"),
        (
            .origin,
            """
            race|racial|ethnicity|ethnic|ethnic group|nationality|national origin|citizenship|citizen|immigrant|\
            immigration|immigration status|visa|visa status|country of birth|birth country|birthplace|place of birth|\
            native language|native country|mother tongue|hispanic|latino|skin colour|skin color|tribe|caste|ancestry|accent|\
            first name|last name|full name|surname|given name|maiden name|middle name|photo|photo url|avatar|\
            lead name|customer name|client name|contact name|buyer name|foreign worker|foreign born
            """
        ),
        (
            .disability,
            "disability|disabled|disabilities|handicap|handicapped|wheelchair|service animal|service dog|medical condition|health condition|illness|esa|ssdi|impairment"
        ),
        (
            .gender,
            "gender|sex|sexual orientation|male|female|is male|is female|pronoun|pronouns|salutation|honorific|lgbt"
        ),
        (
            .age,
            "age|ages|age group|age range|age band|age bracket|dob|date of birth|birth date|birthdate|birthday|birth year|year of birth|birth|senior|is senior|retired|yob|generation"
        ),
        (
            .place,
            """
            zip|zip code|zipcode|postal|postal code|postcode|post code|zip4|area code|neighborhood|neighbourhood|\
            census tract|census block|tract|subdivision|barrio|borough|email domain|language|preferred language|locale|\
            grammar|grammar score|communication style|primary location area|latitude|longitude
            """
        ),
        (.school, "school|schools|school district|school name|school rating|university|alma mater|elementary"),
        (
            .incomeSource,
            "voucher|vouchers|section8|source of income|income source|welfare|public assistance|ssi|hcv|alimony|child support"
        ),
        (.bedrooms, "bedrooms|bedroom|beds|num beds|bed count|br|n bedrooms|min beds|min bedrooms"),
    ]

    /// What a whole cell may consist of.
    static let cellContents: [(ProtectedMatter, String)] = [
        (
            .familialStatus,
            "has children|no children|with children|children|kids|no kids|single parent|expecting|pregnant"
        ),
        (
            .maritalStatus,
            "married|single|divorced|widowed|separated|unmarried|never married|widow|civil partnership|domestic partner|engaged|cohabiting"
        ),
        (
            .religion,
            "christian|catholic|protestant|muslim|islam|jewish|judaism|hindu|buddhist|sikh|mormon|atheist|agnostic|baptist|orthodox|evangelical|lutheran"
        ),
        (
            .origin,
            """
            white|black|asian|hispanic|latino|latina|african american|native american|caucasian|pacific islander|\
            black or african american|american indian|middle eastern|mexican|chinese|indian|korean|vietnamese|filipino|\
            japanese|us citizen|permanent resident|non citizen|green card|h1b|two or more races|mixed race|biracial
            """
        ),
        (.disability, "disabled|not disabled|wheelchair|blind|deaf|able bodied"),
        (.gender, "male|female|man|woman|m|f|non binary|nonbinary|transgender|mr|mrs|ms|miss"),
        (.age, "senior|middle aged|millennial|boomer|gen z|gen x"),
        (.incomeSource, "section8|housing voucher|ssi|ssdi|social security|welfare|pension|unemployment"),
    ]
}
