extension TimelineReader {
    static let phraseTable: [(Span, String)] = [
        (
            .days(7),
            """
            asap|as soon as possible|as quickly as possible|as fast as possible|as soon as we can|as soon as i can|\
            immediately|immediate|right away|straight away|ready to move now|ready now|urgently|urgent|yesterday|\
            within days|in days|sooner the better|the sooner the better|ready to buy now|need to move now|asap please
            """
        ),
        (.near(3), "today|tonight|tomorrow|this week|by this weekend|this weekend|by the weekend|end of the week"),
        (.near(10), "next week|end of next week"),
        (.days(14), "couple of weeks|couple weeks|next couple of weeks|next couple weeks|fortnight"),
        (.days(28), "few weeks|next few weeks|a few weeks|coming weeks"),
        (
            .flexible,
            """
            no rush|not in a rush|not rushing|not in any rush|no hurry|not in a hurry|not in any hurry|no real rush|\
            no particular rush|no big rush|not in a big rush|whenever|someday|some day|one day|eventually|flexible|\
            no timeline|no set timeline|no specific timeline|no particular timeline|no particular timeframe|no specific timeframe|no fixed timeline|no real timeline|no timeframe|no time frame|no deadline|open ended|\
            down the road|down the line|just browsing|just looking|just looking around|no urgency|not urgent|\
            when the right one comes along|when the right home comes along|when the right house comes along|\
            taking my time|taking our time|take my time|take our time|at some point|in the future|no date in mind|\
            not sure when|haven't decided when|nothing urgent|timing is flexible|not anytime soon|not any time soon|\
            sometime in the future|years from now|in a few years|in a couple of years|long term|wait and see|no pressure
            """
        ),
        (
            .endOfMonth,
            """
            this month|end of the month|end of this month|by month end|by the end of the month|\
            before the end of the month|by end of month|month end
            """
        ),
        (.nextMonth, "next month|early next month|by next month|middle of next month"),
        (.endOfNextMonth, "end of next month|by the end of next month|late next month"),
        (.days(60), "month or two|couple of months|couple months|next couple of months|next couple months|two months"),
        (.days(90), "few months|next few months|this quarter|next quarter|coming months|quarter of a year"),
        (.days(90), "1 to 3 months|three months"),
        (.days(180), "half a year|half year|six months|later this year|second half of the year"),
        (
            .endOfYear,
            """
            end of the year|end of year|by year end|year end|before the end of the year|by the end of the year|\
            this year|before the new year|before christmas|by christmas|before the holidays|by the holidays|\
            end of this year|before year end|by new year's|by new years
            """
        ),
        (
            .days(120),
            "early next year|start of next year|beginning of next year|after the new year|in the new year|new year"
        ),
        (.nextYear, "next year|year or two|year from now|year or so|sometime next year|end of next year"),
        (
            .days(365),
            "in a year|within a year|within the year|within one year|about a year|in about a year|over a year"
        ),
        (.days(540), "year and a half|couple of years|couple years|few years"),
        (
            .nothing,
            """
            last month|last year|last week|last spring|last summer|last fall|last winter|may be|may have|may not|\
            may need|may want|may i|days on market|business days|working days|day one|every day|every week|every month|\
            each month|per month|per week|per year|a month ago|a year ago|a week ago|these days|all day|24 hours|\
            year old|years old|year built|full time|some time ago|year round|month to month|day to day
            """
        ),
    ]

    /// Words that end right before a month or a season and make it a date.
    static let prefixTable: [(DayCalendar.Part, String)] = [
        (
            .first,
            "by|before|until|till|by the|before the|by early|beginning of|start of|beginning of next|by this|by next"
        ),
        (.early, "first week of|early|early in|in early"),
        (.middle, "second week of|third week of|mid|middle of|in mid|by mid"),
        (
            .end,
            "end of|late|in late|by late|end of the|the end of|end of this|end of next|after|later than|no later than"
        ),
        (
            .whole,
            "in|in the|this|next|this coming|during|for|around|sometime in|coming|over the|this upcoming|come|through|ends|until the|of next|due|due in"
        ),
    ]

    /// What may follow a duration: true where it speaks of the future, false where it is something else.
    static let suffixTable: [(Bool, String)] = [
        (
            true,
            "out|from now|timeline|timeframe|time frame|away|max|or so|at most|tops|window|horizon|left|or less|or sooner|to move|to find|to close|to buy"
        ),
        (
            false,
            """
            ago|old|back|fixed|mortgage|lease|leases|loan|term|contract|arm|warranty|rate|rates|experience|of experience|\
            already|adjustable|job|degree|interest|rent|deposit|history|notice|a week|a month|a year|per week|each week
            """
        ),
    ]
}
