import Testing

@testable import Scoring

@Suite struct FiguresTests {
    @Test(arguments: [
        (450_000.0, "USD", "$450,000"), (999, "USD", "$999"), (1_000, "EUR", "EUR 1,000"), (0, "USD", "$0"),
        (1_234_567.6, "USD", "$1,234,568"), (-1_500, "USD", "$-1,500"), (.infinity, "USD", "USD"),
    ])
    func `money has separators and a sign of its currency`(value: Double, currency: String, text: String) {
        #expect(Figures.money(value, currency: currency) == text)
    }

    @Test(arguments: [(0.212, "21%"), (0.0421, "4.2%"), (0.05, "5%"), (0.0999, "10%"), (1, "100%"), (0, "0%")])
    func `a chance is a percentage, with a decimal where it is small`(probability: Double, text: String) {
        #expect(Figures.percent(probability) == text)
    }

    @Test(arguments: [
        (1.0, "1 minute"), (8.4, "8 minutes"), (89, "89 minutes"), (120, "2 hours"), (2_159, "36 hours"),
        (2_880, "2 days"),
    ])
    func `a duration has one unit`(minutes: Double, text: String) {
        #expect(Figures.minutes(minutes) == text)
    }

    @Test(arguments: [(28_500.004999, 28_500.0), (0.125, 0.13), (1_000_000.006, 1_000_000.01)])
    func `money is rounded to cents`(value: Double, cents: Double) {
        #expect(Figures.money(value) == cents)
    }

    @Test func `a duration in milliseconds keeps three decimals`() {
        #expect(Figures.milliseconds(.microseconds(210)) == 0.21)
        #expect(Figures.milliseconds(.nanoseconds(4_499)) == 0.004)
        #expect(Figures.milliseconds(.seconds(2)) == 2_000)
    }
}
