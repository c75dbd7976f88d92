/// One word, figure or sign of a text, with what the lexicon knows about it.
struct Token: Sendable {
    enum Kind: UInt8, Sendable {
        case word, number, currency, dash, slash, comma, stop, percent, plus, hash, tilde
        /// An e-mail or web address.
        case address
        /// A time of day (`5:30`).
        case clock
    }

    struct Marks: OptionSet, Sendable {
        let rawValue: UInt8

        /// The first letter is upper case.
        static let capital = Marks(rawValue: 1)
        /// Two letters or more, all upper case.
        static let allCaps = Marks(rawValue: 2)
        /// White space stands before it.
        static let spaced = Marks(rawValue: 4)
        /// A hyphen stands before it, inside a compound (`pre-approved`).
        static let joined = Marks(rawValue: 8)
        /// A number with thousands separators.
        static let grouped = Marks(rawValue: 16)
        /// A number with a decimal point.
        static let decimal = Marks(rawValue: 32)
        /// A number that is known to be something else than money.
        static let claimed = Marks(rawValue: 64)
        /// The first token of its sentence.
        static let first = Marks(rawValue: 128)
    }

    /// Offsets in the text's UTF-8 bytes.
    var start: Int32
    var end: Int32
    var kind: Kind
    var marks: Marks = []
    /// The lexicon's number of a word, 0 for a word it does not know; the count of digits of a number.
    var word: UInt16 = 0
    /// Bytes of a word beyond one for each character (code point).
    var extraBytes: UInt16 = 0
    var sentence: Int32 = 0
    var roles: Role = []
    /// A number's value, or what the lexicon says the word is worth in its role (a month's position, days of a unit).
    var value = 0.0

    func has(_ role: Role) -> Bool { !roles.isDisjoint(with: role) }
    var isWord: Bool { kind == .word }
    var isNumber: Bool { kind == .number }
    /// Ends a clause: a sentence's end, a comma, a colon, a bracket.
    var isBreak: Bool { kind == .stop || kind == .comma }
}

/// What a word can do in the grammars, and what a sentence holds (the union over its words).
struct Role: OptionSet, Sendable {
    let rawValue: UInt64

    private init(_ bit: UInt64) { rawValue = 1 << bit }
    init(rawValue: UInt64) { self.rawValue = rawValue }

    static let negator = Role(0)
    static let month = Role(1)
    static let weekday = Role(2)
    /// Value: days.
    static let timeUnit = Role(3)
    static let numberWord = Role(4)
    /// Value: the factor (`k`, `million`).
    static let scale = Role(5)
    static let moneyWord = Role(6)
    /// What a figure may count that is no money: beds, feet, miles.
    static let measure = Role(7)
    static let streetSuffix = Role(8)
    static let homeNoun = Role(9)
    /// Other business than a home: a car, the weather, a restaurant.
    static let otherTopic = Role(10)
    /// A visit, a tour, a call: dates beside it are appointments.
    static let visit = Role(11)
    static let placePreposition = Role(12)
    static let budgetCue = Role(13)
    static let upperBound = Role(14)
    static let lowerBound = Role(15)
    static let about = Role(16)
    static let rentCue = Role(17)
    /// Money that is no price: income, savings, fees.
    static let otherMoney = Role(18)
    static let approval = Role(19)
    static let article = Role(20)
    static let subject = Role(21)
    static let conjunction = Role(22)
    /// Opens a question: an auxiliary or a wh-word.
    static let opener = Role(23)
    /// Value: 0 spring ... 3 winter.
    static let season = Role(24)
    /// Never part of a place's name.
    static let common = Role(25)
    static let sellWord = Role(26)
    static let buyWord = Role(27)
    static let financeWord = Role(28)
    static let urgentWord = Role(29)
    /// May stand before a protected noun and goes with it (`young`, `growing`).
    static let modifier = Role(30)
    /// A word for origin or colour, protected only beside a person.
    static let origin = Role(31)
    static let person = Role(32)
    static let abbreviation = Role(33)
    static let listing = Role(34)
    static let lessMore = Role(35)
    static let monthly = Role(36)
    static let contrast = Role(37)
    static let deadline = Role(38)
    static let past = Role(39)
    static let reference = Role(40)
    static let question = Role(41)
    static let place = Role(42)
    static let uncertain = Role(43)
    static let future = Role(44)
    static let seek = Role(45)
    /// A comma that is a colon: what stands before it names what comes after.
    static let colon = Role(46)
    static let connector = Role(47)
    /// An abbreviation that stands before a name ("St.", "Dr.").
    static let nameAbbreviation = Role(49)
    /// May end a place's name in lower case ("Walnut creek").
    static let placeSuffix = Role(48)
    /// Named for something that matters beside a protected word: its clause may not be dropped whole.
    static let signal: Role = [
        .month, .scale, .moneyWord, .homeNoun, .budgetCue, .rentCue, .financeWord, .approval, .season, .sellWord,
        .buyWord, .urgentWord, .timeUnit, .visit,
    ]
}
