extension Lexicon {
    /// Single words and what they can do. Phrases stand in their readers' tables.
    static let plainWords: [(Role, String)] = [
        (
            .negator,
            """
            not no never don't dont doesn't doesnt didn't didnt isn't isnt aren't arent wasn't wasnt won't wont can't \
            cant cannot couldn't couldnt haven't havent hasn't hasnt hadn't hadnt wouldn't wouldnt shouldn't without \
            nothing none neither nor ain't aint hardly
            """
        ),
        (.conjunction, "and or but because since so while though although however yet then plus & as if whether"),
        (.contrast, "but however although though except instead"),
        (
            .subject,
            "i we he she they i'm im we're i've ive we've weve i'd id i'll ill we'd we'll you they're you're it"
        ),
        (.uncertain, "if whether unless wondering hypothetically"),
        (.future, "will going getting get need needs want hoping planning trying soon applying should must working"),
        (.seek, "looking look search searching find want need seeking interested live living move moving relocating"),
        (
            .article,
            "the a an my our his her their your this that these those some any all both its each every another other"
        ),
        (
            .opener,
            """
            do does did is are am was were can could would should will shall may might how what when where which who why \
            have has
            """
        ),
        (.moneyWord, "dollars dollar usd bucks us$ eur euros"),
        (
            .measure,
            """
            bed beds bedroom bedrooms br brs bd bds bdr bdrm bdrms bedrm bath baths bathroom bathrooms ba bth sqft sq \
            sf ft feet foot square acre acres ac miles mile mi km min mins minutes minute hour hours hr hrs percent \
            people persons person cars car garage stall stalls story stories storey floor floors unit units door doors \
            pets pet dogs dog cats cat offices blocks block places listings homes houses properties photos pictures \
            questions times points percentage st nd rd th am years year yrs yr months month weeks week days day wks \
            mos kids rooms room inches sqm m2 people degrees guests bedders options apartments condos showings
            """
        ),
        (
            .streetSuffix,
            """
            street ave avenue road blvd boulevard drive lane ln court ct way terrace pkwy parkway circle cir hwy highway \
            trail trl alley row dr st rd pl
            """
        ),
        (
            .homeNoun,
            """
            house houses home homes condo condos townhouse townhouses townhome townhomes apartment apartments property \
            properties place places duplex triplex fourplex villa bungalow ranch loft studio flat unit land lot acreage \
            neighborhood neighbourhood area bed beds bedroom bedrooms bath baths bathroom rooms real estate residence \
            listing listings realtor agent yard garage somewhere something anything live living move moving relocate \
            relocating apt pad spot
            """
        ),
        (
            .otherTopic,
            """
            car cars cab taxi weather restaurant restaurants flight flights hotel hotels movie movies bus buses train \
            trains airport concert doctor dentist salon hairdresser therapist rental-car suv sedan hatchback song music \
            attractions museum temperature forecast rain ride theater theatre cinema airline ticket tickets eat dinner \
            lunch food cuisine stylist alarm
            """
        ),
        (
            .visit,
            """
            visit visiting tour touring showing showings appointment appointments schedule scheduled call calling talk \
            chat see viewing view meet meeting available availability zoom email text phone reschedule book walkthrough
            """
        ),
        (.placePreposition, "in near around within by outside at toward towards to"),
        (
            .budgetCue,
            """
            budget budgets budgeted spend spending afford pay paying price priced prices range cost costs ceiling limit \
            maximum max cap worth purchase
            """
        ),
        (
            .upperBound,
            "under below max maximum within cap capped ceiling limit beneath upto tops exceed exceeding < stretch top"
        ),
        (.lowerBound, "over above min minimum beyond exceeding past north starting upwards from"),
        (.about, "around about roughly approx approximately circa near ish close ballpark"),
        (.rentCue, "rent rents rental rentals renting lease leasing tenant tenants landlord rented monthly mo"),
        (.monthly, "monthly mo pcm pm month /mo pw weekly week mth"),
        (
            .otherMoney,
            """
            quoted quote sold down downpayment deposit income salary make makes making earn earns earning hoa fee fees tax taxes saved \
            savings save owe owes owed debt debts credit score fico equity payment payments repairs commission bonus \
            annually yearly year yr annum closing rebate renovation renovate balance interest utilities earnest wages
            """
        ),
        (
            .approval,
            """
            approved approval preapproved preapproval prequalified prequalification qualify qualified qualifies \
            qualification prequal preapprove
            """
        ),
        (.listing, "listed asking listing"),
        (.lessMore, "more higher greater"),
        (.sellWord, "sell selling sold seller sale"),
        (.buyWord, "buy buying buyer buyers purchase purchasing offer bought own"),
        (
            .financeWord,
            "cash loan loans mortgage lender financing financed finance fha va jumbo conventional bank preapproved"
        ),
        (.urgentWord, "asap urgent urgently immediately quickly hurry rush emergency desperate soon"),
        (
            .modifier,
            """
            young older old little small growing new newborn good great best top rated nice large big few first second \
            elderly more two three four five six seven eight nine ten one single aging adult disabled own excellent \
            local wonderful public private decent strong lovely happily recently newly soon-to-be extra teenage
            """
        ),
        (
            .origin,
            """
            black white asian hispanic indian chinese mexican korean japanese vietnamese filipino african american arab \
            arabic middle-eastern russian ukrainian polish irish italian german french spanish portuguese brazilian \
            cuban dominican haitian jamaican nigerian ethiopian somali persian iranian iraqi syrian turkish pakistani \
            bangladeshi nepali native indigenous european latin caucasian jewish salvadoran honduran guatemalan
            """
        ),
        (
            .person,
            """
            family families couple community communities people immigrant immigrants buyer buyers man woman men women \
            heritage background speaking guy girl lady neighborhood neighbourhood neighbors neighbours descent person \
            culture origin students student professionals professional citizen nationals expat expats church folks
            """
        ),
        (
            .abbreviation,
            "st mt ft dr mr mrs ms ave blvd rd ln ct apt approx sq bd bth no vs etc max min mo u.s jr sr hwy pl"
        ),
        (
            .placeSuffix,
            """
            city creek view park hill hills valley heights grove springs beach lake lakes falls island rock ridge point \
            bay village oaks woods meadows station junction harbor harbour shores river town bluff
            """
        ),
        (.connector, "to and or thru through"),
        (.nameAbbreviation, "st mt ft dr mr mrs ms approx no"),
        (.deadline, "by before until till end ends ending expires expire expiring up"),
        (.past, "ago last past been built for since lived old"),
        (.common, Lexicon.commonWords),
        (
            .place,
            """
            north south east west northern southern eastern western downtown uptown midtown central upper lower greater \
            inner outer lake fort port mount san santa los las el la saint new old de del
            """
        ),
    ]

    /// Words that are never a place's name, beside those of other roles.
    private static let commonWords = """
        i me my we us our you your it its the a an and or but so if in on at to of for with by from as is are was be \
        been am will would can could should do does did have has had this that these those there here where when \
        what which who how why not no yes yeah yep ok okay please thanks thank hello hi hey dear good great nice \
        sounds perfect awesome sorry sure also just only very really too much many more most some any all each every \
        one two three four five six seven eight nine ten first second third today tomorrow tonight morning afternoon \
        evening night now soon later then next last house home condo apartment property place area city town \
        neighborhood bedroom bathroom bath bed room garage yard pool kitchen budget price cash loan mortgage mind \
        general particular person advance fact cash total general addition case time order stock touch love school \
        find show get make let tell send call text email visit see want need looking search move buy sell rent \
        someone something anything nothing everything somewhere anywhere everywhere two three wherever whichever \
        there them they he she him her his their ours yours mine other another same different new old big small \
        large cheap expensive furnished unfurnished unit-laundry laundry pets allowed zillow redfin realtor trulia \
        facebook google instagram craigslist whatsapp internet website online ad ads mls hoa agent broker lender \
        bank january february march april may june july august september october november december monday tuesday \
        wednesday thursday friday saturday sunday jan feb mar apr jun jul aug sep sept oct nov dec spring summer fall \
        winter autumn christmas thanksgiving easter halloween fha va usda asap about like that's it's i'm i'd i'll \
        i've let's don't can't won't isn't what's there's they're we're you're am pm actually preferably maybe perhaps \
        possibly probably definitely mostly mainly ideally hopefully primarily currently honestly especially both either someplace bit pick finding scheduling check try lookin searching food anyone anybody nobody person mr mrs ms dr
        """

    /// Words with a figure: months by position, units in days, factors, seasons, number words.
    static let valuedWords: [(Role, [(String, Double)])] = [
        (
            .month,
            [
                ("january", 1), ("jan", 1), ("february", 2), ("feb", 2), ("march", 3), ("mar", 3), ("april", 4),
                ("apr", 4), ("may", 5), ("june", 6), ("jun", 6), ("july", 7), ("jul", 7), ("august", 8), ("aug", 8),
                ("september", 9), ("sept", 9), ("sep", 9), ("october", 10), ("oct", 10), ("november", 11), ("nov", 11),
                ("december", 12), ("dec", 12),
            ]
        ),
        (
            .weekday,
            [
                ("monday", 1), ("tuesday", 2), ("wednesday", 3), ("thursday", 4), ("friday", 5), ("saturday", 6),
                ("sunday", 7),
            ]
        ),
        (
            .timeUnit,
            [
                ("day", 1), ("days", 1), ("week", 7), ("weeks", 7), ("wk", 7), ("wks", 7), ("month", 30),
                ("months", 30),
                ("mo", 30), ("mos", 30), ("mth", 30), ("mths", 30), ("year", 365), ("years", 365), ("yr", 365),
                ("yrs", 365),
            ]
        ),
        (
            .scale,
            [
                ("k", 1_000), ("thousand", 1_000), ("thousands", 1_000), ("grand", 1_000), ("m", 1_000_000),
                ("mm", 1_000_000), ("mil", 1_000_000), ("mill", 1_000_000), ("million", 1_000_000),
                ("millions", 1_000_000),
            ]
        ),
        (.lessMore, [("less", 1), ("lower", 1), ("fewer", 1)]),
        (.season, [("spring", 0), ("summer", 1), ("fall", 2), ("autumn", 2), ("winter", 3)]),
        (
            .numberWord,
            [
                ("a", 1), ("one", 1), ("two", 2), ("three", 3), ("four", 4), ("five", 5), ("six", 6), ("seven", 7),
                ("eight", 8), ("nine", 9), ("ten", 10), ("eleven", 11), ("twelve", 12), ("fifteen", 15),
                ("eighteen", 18), ("twenty", 20), ("thirty", 30), ("forty", 40), ("fifty", 50), ("sixty", 60),
                ("seventy", 70), ("eighty", 80), ("ninety", 90), ("hundred", 100), ("couple", 2), ("few", 3),
                ("several", 5), ("dozen", 12), ("half", 0.5),
            ]
        ),
        (
            .reference,
            [
                ("http", 1), ("https", 1), ("www", 1), ("com", 2), ("net", 2), ("org", 2), ("io", 2), ("biz", 2),
                ("info", 2), ("mls", 3), ("ref", 3), ("id", 3), ("suite", 3), ("apt", 3), ("unit", 3), ("lot", 3),
                ("zip", 3), ("zipcode", 3), ("order", 3), ("ticket", 3), ("case", 3), ("number", 3), ("ext", 3),
                ("postal", 3), ("code", 3),
            ]
        ),
    ]
}
