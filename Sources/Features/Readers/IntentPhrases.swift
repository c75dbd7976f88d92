extension IntentReader {
    static let cueTable: [(Cue, String)] = [
        (
            .nothing,
            """
            tired of renting|stop renting|instead of renting|currently renting|done renting|sick of renting|renting now|\
            been renting|we rent|i rent|rent now|lease ends|lease is up|lease is ending|lease expires|lease ending|\
            my lease|our lease|paying rent|stop paying rent|for sale|sold out|real estate agent|best buy|rather than renting|\
            my current lease|rent is going up|rent went up|rent increase|car rental|rental car|before i buy|buyer's agent
            """
        ),
        (
            .buy,
            """
            buy|buying|to buy|purchase|purchasing|first home|first house|house hunting|home hunting|make an offer|\
            put in an offer|put an offer|pre approved|preapproved|own a home|homeowner|down payment|\
            cash buyer|cash offer|buyer|looking to own|become a homeowner|home search|house search|invest in
            """
        ),
        (
            .sell,
            """
            sell|selling|list my|list our|listing my|listing our|home value|home worth|house worth|what's my house worth|\
            what's my home worth|what is my house worth|what is my home worth|my house is worth|my home is worth|our house is worth|our home is worth|my place is worth|cma|market analysis|valuation|list the house|\
            put my house on the market|put our house on the market|put it on the market|on the market|seller
            """
        ),
        (
            .rent,
            "rent|renting|to rent|rental|rentals|for rent|lease|leasing|tenant|month to month|short term rental|sublet"
        ),
        (
            .seekHome,
            """
            looking for a house|looking for a home|looking for a condo|looking for a townhouse|looking for a townhome|\
            looking for houses|looking for homes|need a house|need a home|want a house|want a home|find a house|\
            find a home|new home|new house|dream home|dream house|forever home|looking at homes|looking at houses|\
            see the house|see this house|see the home|see this home|see the property|tour the house|tour the home|\
            send me homes|send me houses|send me listings|homes under|houses under|show me homes|show me houses|homes in|houses in|home in|house in|condo in|townhouse in|bigger home|bigger house|larger home|relocating to|\
            moving to|searching for a home|searching for a house|interested in the house|interested in this house|\
            interested in the property|interested in this property|interested in the home|interested in the condo|\
            bedroom house|bedroom home|bedroom condo|bed house|bed home|single family
            """
        ),
        (
            .none,
            """
            not interested|lose my number|under contract with someone else|under contract with another|no longer interested|no longer looking|not looking anymore|not looking to buy|\
            not looking to sell|not in the market|wrong number|unsubscribe|stop texting|stop calling|stop contacting|\
            stop emailing|stop messaging|remove me|take me off|do not contact|don't contact|dont contact|do not call|\
            already bought|already purchased|already closed|already found|bought a house|bought a home|bought with another|went with another agent|found a place already|off this list|off your list|\
            not buying or selling|neither buying nor selling|not planning to buy|not planning to sell|\
            no plans to buy|no plans to sell|no plans to move|no intention of|leave me alone|\
            no interest in buying|no interest in selling|don't text|stop sending|opt out|not going to buy|not moving|\
            don't want to buy|don't want to sell|do not want to buy|do not want to sell|job opening|are you hiring|\
            looking for a job|changed our minds about buying|decided not to buy|decided not to sell|decided not to move
            """
        ),
        (
            .spam,
            """
            seo|seo services|backlinks|backlink|guest post|guest posting|viagra|cialis|casino|online casino|forex|\
            crypto investment|bitcoin investment|rank your website|rank your site|increase your traffic|website traffic|\
            web design services|website design services|digital marketing services|first page of google|top of google|\
            you have won|you've won|lottery|nigerian prince|wire transfer fee|business loan offer|merchant cash advance|\
            lead generation services|virtual assistant services|buy followers|instagram followers|make money online|\
            work from home opportunity|payday loan|hot singles|free gift card|claim your prize|double your income|\
            mobile app development services|we offer seo|link building|email list for sale|sell you leads
            """
        ),
        (
            .maybeSpam,
            """
            click here|bitcoin|crypto|cryptocurrency|limited time offer|act now|your website|your site|marketing agency|\
            free trial|congratulations|investment opportunity|guaranteed returns|our services|your business|promo code|\
            outsourcing|virtual assistant|dear sir madam|earn money|telegram|whatsapp me
            """
        ),
    ]

    /// Positions of `decision_stage`.
    static let stageTable: [(Int, String)] = [
        (
            0,
            """
            just looking|just browsing|browsing|just started|just starting|just curious|exploring|thinking about buying|\
            thinking about selling|thinking of buying|thinking of selling|considering buying|considering selling|\
            getting a feel|getting an idea|researching|early stages|window shopping|see what's out there|what's out there|\
            still deciding|beginning to look|starting to look|more information|more info|learn more|general information|\
            looking around|not sure yet|down the road|someday|just wondering
            """
        ),
        (
            1,
            """
            tour|showing|showings|see the house|see this house|see the home|see it|see the property|view the property|\
            view it|visit|schedule a visit|open house|walkthrough|walk through|compare|comparing|shortlist|short list|\
            narrowed it down|is it still available|still available|is this available|hoa fees|how old is the roof|\
            property taxes|floor plan|disclosures|comps|second showing|see some homes|see some houses|viewing|\
            look at it|take a look|get inside
            """
        ),
        (
            2,
            """
            make an offer|making an offer|put in an offer|put an offer|submit an offer|submitting an offer|write an offer|\
            negotiate|negotiating|negotiable|counter offer|counteroffer|counter|best and final|price reduction|\
            lower the price|come down on|accept an offer|seller concessions|closing cost credit|offer on|our offer|\
            my offer|escalation clause|would they take|would the seller take|full price offer|offer price|contingency|\
            contingencies|earnest money amount
            """
        ),
        (
            3,
            """
            ready to buy|ready to sign|ready to close|ready to purchase|ready to move forward|sign the contract|\
            sign the papers|under contract|offer accepted|offer was accepted|our offer was accepted|my offer was accepted|our offer got accepted|accepted our offer|accepted my offer|\
            in escrow|earnest money|closing date|let's do it|we'll take it|i'll take it|send the contract|\
            send me the contract|ready to list|ready to sell|sign the listing agreement|we want to buy it|\
            i want to buy it|want this house|ready to commit|wire the deposit|schedule closing|schedule the closing|sign today
            """
        ),
    ]

    /// Positions of `property_type_preference`; from 10 on a plain word that yields to an exact one; -1 looks like one
    /// and is none.
    static let propertyTable: [(Int, String)] = [
        (
            -1,
            """
            open house|white house|in house|house hunting|house search|full house|home office|home inspection|home loan|\
            home loans|home warranty|parking lot|a lot|a lot of|lots of|office hours|your office|post office|land line|\
            townhouse style|the office|home value|real estate|commercial break|house payment|box office|parking lots|\
            house poor|open houses|my office|home page|doctor's office|commercial use|house rules|coach house|living space
            """
        ),
        (
            0,
            """
            single family|single family home|single family house|sfh|sfr|detached|detached home|detached house|\
            bungalow|ranch house|ranch home|ranch style|rambler|colonial|craftsman|cape cod|victorian|stand alone house|\
            standalone house|freestanding|stand alone home|split level|one story house|two story house|farmhouse style|villa
            """
        ),
        (10, "house|houses"),
        (
            1,
            """
            condo|condos|condominium|condominiums|apartment|apartments|apt|flat|loft|studio|penthouse|co op|coop|\
            high rise|condo unit|studio apartment
            """
        ),
        (
            2,
            """
            townhouse|townhouses|townhome|townhomes|town home|town homes|town house|town houses|row house|rowhouse|\
            row home|rowhome|brownstone
            """
        ),
        (
            3,
            """
            duplex|duplexes|triplex|triplexes|fourplex|fourplexes|quadplex|quad plex|multi family|multifamily|two family|\
            three family|apartment building|apartment complex|multi unit|four plex|tri plex|2 family|multi family home|\
            two family home|two family house|three family house
            """
        ),
        (
            4,
            """
            land|vacant land|raw land|vacant lot|empty lot|building lot|lot to build|lot to build on|acreage|acres|acre|\
            parcel|parcels|buildable lot|plot of land|piece of land|plot|lots for sale|lot for sale|a lot to build|\
            a lot to build on|undeveloped land
            """
        ),
        (
            5,
            """
            commercial|commercial property|commercial space|office space|office building|retail space|warehouse|storefront|\
            store front|industrial|strip mall|retail property|mixed use|medical office|restaurant space|commercial building
            """
        ),
        (
            6,
            """
            mobile home|mobile homes|manufactured home|manufactured homes|manufactured|trailer|houseboat|tiny house|\
            tiny home|cabin|farm|horse property|ranch|modular|modular home|mobile home park|vacation rental|timeshare
            """
        ),
    ]

    static let toneTable: [(Int, String)] = [
        (
            2,
            """
            dear|sincerely|kind regards|best regards|regards|yours truly|respectfully|to whom it may concern|\
            i would appreciate|would greatly appreciate|i am writing|at your earliest convenience|kindly|furthermore|\
            i look forward to|we look forward to|please advise|good afternoon|good morning|good evening
            """
        ),
        (
            1,
            "would you please|could you please|thank you for your time|i would like|we would like|assistance|inquire|inquiry"
        ),
        (
            -2,
            """
            hey|heya|yo|lol|lmao|omg|gonna|wanna|gotta|kinda|sorta|thx|pls|plz|u|ur|btw|idk|haha|sup|dude|nah|yep|yup|ya|\
            cuz|tho|imo|tbh|np|k thx|cool|awesome
            """
        ),
    ]
}
