/// The vocabulary of ``LeadSimulator``: names that belong to no people, places that don't exist, sentences as people
/// type them.
enum SimulatedWords {
    static let firstNames = [
        "Alex", "Avery", "Blake", "Casey", "Drew", "Ellis", "Finley", "Gray", "Harper", "Indigo", "Jules", "Kai",
        "Lane", "Morgan", "Noel", "Oakley", "Parker", "Quinn", "Reese", "Sage", "Tatum", "Vale", "Winter", "Zion",
    ]
    static let lastNames = [
        "Alder", "Birch", "Cedar", "Dale", "Elm", "Fern", "Grove", "Hill", "Isle", "Juniper", "Lake", "Maple", "North",
        "Oak", "Pine", "Ridge", "Stone", "Thorn", "Vale", "Wood",
    ]
    static let areas = [
        "Maple Heights", "Riverbend", "Cedar Hollow", "Stonebridge", "Lakeshore", "Old Mill", "Fox Run", "Harbor Point",
    ]
    static let properties = ["house", "condo", "townhouse", "single family home", "duplex", "piece of land"]
    static let nearTimelines = [
        "asap", "within 30 days", "by the end of next month", "in 2 months", "in 6-8 weeks", "in the next 3 months",
    ]
    static let farTimelines = [
        "in about 6 months", "next year", "within a year", "whenever the right one comes up, no rush",
        "not in a hurry at all",
    ]
    static let openings = [
        "Hi,", "Hello there.", "Hi, I saw your listing.", "Good morning.", "Hey!", "Hi, a friend gave me your number.",
    ]
    static let buys = [
        "I'm looking to buy a", "We are hoping to find a", "I'd like to see a", "Interested in buying a",
        "We're starting to look for a",
    ]
    static let sells = [
        "I want to sell my house.", "We are thinking about selling our condo.",
        "What is my home worth? I plan to sell.",
    ]
    static let approved = [
        "We are pre-approved with our bank.", "Pre-approved and ready to go.", "I have my approval letter already.",
        "Our lender has approved us for a conventional loan.",
    ]
    static let cash = ["I'd pay cash.", "Cash buyer here.", "It would be an all cash offer."]
    static let unready = [
        "We are not pre-approved yet.", "I still need to talk to a lender.", "We will need financing.",
        "Haven't looked into a mortgage so far.",
    ]
    static let warm = [
        "Can we see it this weekend?", "When could I tour it?", "I'd like to make an offer soon.",
        "Is it still available? We need to decide quickly.", "Could you send me the comps, please?",
        "Saturday at 10 works for the showing.", "What would it take to close fast?",
    ]
    static let cool = [
        "Just browsing for now.", "Thanks, I'll think about it.", "Could you send some more photos?", "Ok, thanks.",
        "What are the taxes on it?", "Just looking at what's out there.", "Maybe later.",
    ]
    static let noIntent = [
        "I am not looking to buy or sell anything, wrong number.", "Please take me off your list, not interested.",
        "We offer cheap SEO services and guaranteed leads for your website, click here.",
    ]
    static let ours = [
        "Thanks for reaching out! What are you looking for?", "Happy to help. Do you have a timeline in mind?",
        "Great, have you talked to a lender yet?", "I can show you two homes this week. Which day suits you?",
        "Here are the listings that match. Any favorites?",
    ]
}
