import Leads
import Testing

struct TimestampTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("1970-01-01T00:00:00.001Z", 1), ("1969-12-31T23:59:59.999Z", -1),
        ("2026-11-22T09:30:00.125Z", 1_795_339_800_125), ("2026-11-22T10:30:00.125+01:00", 1_795_339_800_125),
        ("2026-11-22t09:30:00.1259999z", 1_795_339_800_125), ("2000-02-29T00:00:00Z", 951_782_400_000),
        ("2026-11-21 23:30:00-10:00", 1_795_339_800_000),
    ])
    func `a time in RFC 3339 is the moment it says`(_ text: String, _ milliseconds: Int64) throws {
        let found = try #require(Timestamp(rfc3339: text))
        #expect(found.milliseconds == milliseconds)
    }

    @Test(arguments: [
        "", "2026", "2026-11-22", "2026-11-22T09:30:00", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
        "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-11-31T00:00:00Z", "2026-11-22T24:00:00Z",
        "2026-11-22T09:60:00Z", "2026-11-22T09:30:60Z", "2026-11-22T09:30:00.Z", "2026-11-22T09:30:00+1:00",
        "2026-11-22T09:30:00+24:00", "2026-11-22T09:30:00Zx", "2026-11-22T09:30:00 Z", "+2026-11-22T09:30:00Z",
        "2026-11-22T09:30:00+01", "٢٠٢٦-11-22T09:30:00Z",
    ])
    func `what is no time is refused`(_ text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test func `writing and reading give the same moment for every day of 400 years`() throws {
        var day: Int64 = -70_000
        while day < 80_000 {
            let moment = Timestamp(milliseconds: day * 86_400_000 + (day &* 7_919 &+ 86_400_000) % 86_400_000)
            let again = try #require(Timestamp(rfc3339: moment.description))
            #expect(again == moment)
            #expect(Timestamp(moment.civil) == moment)
            day += 97
        }
    }

    @Test func `a moment moves by a duration and measures it back`() {
        let moment = Timestamp(milliseconds: 1_000)
        #expect(moment.advanced(by: .milliseconds(-1_500)).milliseconds == -500)
        #expect(moment.advanced(by: .seconds(2)).duration(since: moment) == .seconds(2))
        #expect(moment < moment.advanced(by: .milliseconds(1)))
    }

    @Test func `February has 29 days in leap years only`() {
        #expect([1900, 2000, 2024, 2026].map { CivilTime.days(inMonth: 2, of: $0) } == [28, 29, 29, 28])
    }
}
