import Testing

@testable import Reporting

struct PlotTests {
    @Test(arguments: [
        (0.0, 1.0, [0, 0.2, 0.4, 0.6, 0.8, 1]), (0, 0.07, [0, 0.02, 0.04, 0.06]), (-3, 4, [-2, 0, 2, 4]),
        (0, 6.8, [0, 2, 4, 6]), (0.41, 1, [0.6, 0.8, 1]),
    ])
    func `ticks are round and inside`(low: Double, high: Double, expected: [Double]) {
        let ticks = Scale(low...high, from: 0, to: 100).ticks(5)
        #expect(ticks.count == expected.count)
        for (tick, value) in zip(ticks, expected) { #expect(abs(tick - value) < 1e-9, "\(ticks)") }
    }

    @Test func `a domain without width has a middle, and nothing leaves the frame`() {
        let flat = Scale(3...3, from: 0, to: 100)
        #expect(flat(3) == 50)
        let scale = Scale(0...1, from: 10, to: 20)
        #expect(scale(-5) == 10 && scale(7) == 20)
    }

    @Test func `figures read the same everywhere`() {
        #expect(
            Wording.count(1_058) == "1,058" && Wording.count(999) == "999"
                && Wording.count(-12_345_678) == "−12,345,678")
        #expect(Wording.percent(0.583) == "58%" && Wording.percent(0.047) == "4.7%" && Wording.percent(0) == "0%")
        #expect(Wording.percent(0.53...0.634) == "53–63%" && Wording.percent(0.031...0.12) == "3.1–12%")
        #expect(Wording.percent(0.0996) == "10%" && Wording.percent(0.9999) == "100%")
        #expect(Wording.decimals(0.05, 1) == "0.1" && Wording.decimals(-0.004, 2) == "0.00")
        #expect(Wording.decimals(1_234.5, 2) == "1,234.50" && Wording.decimals(.nan, 2) == "–")
        #expect(
            Wording.chance(0.0004) == "< 0.001" && Wording.chance(0.033) == "0.033" && Wording.chance(0.27) == "0.27")
        #expect(Plot.number(12.04) == "12" && Plot.number(-3.25) == "-3.3" && Plot.number(0.96) == "1")
    }

    @Test func `nothing becomes markup but what this program wrote`() {
        var markup = Markup()
        markup.tag("b", ["title": "\"><script>'&"]) { $0.text("</b><script>alert('x')</script>&amp;\u{0}") }
        let text = String(decoding: markup.bytes, as: UTF8.self)
        #expect(
            text == "<b title=\"&quot;&gt;&lt;script&gt;&#39;&amp;\">&lt;/b&gt;&lt;script&gt;alert(&#39;x&#39;)"
                + "&lt;/script&gt;&amp;amp;\u{FFFD}</b>")
    }
}
