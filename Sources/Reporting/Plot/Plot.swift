/// One drawing: a frame with axes, and marks inside. Sized for a telephone; a wide screen shows it larger.
struct Plot {
    static let width = 360.0

    let x: Scale
    let y: Scale
    let height: Double
    private let left: Double
    private let bottom: Double
    private var body = Markup()

    /// `left` is room for the labels of the vertical axis; `x` are values from left to right, `y` from bottom to top.
    init(height: Double = 260, left: Double = 42, x: ClosedRange<Double>, y: ClosedRange<Double>) {
        self.height = height
        self.left = left
        bottom = height - 42
        self.x = Scale(x, from: left, to: Self.width - 14)
        self.y = Scale(y, from: height - 42, to: 12)
    }

    /// The finished drawing. `title` is read aloud, and shown where there is no picture.
    func svg(_ title: String) -> Markup {
        var svg = Markup()
        svg.tag(
            "svg",
            [
                "viewBox": "0 0 \(Self.number(Self.width)) \(Self.number(height))", "role": "img", "aria-label": title,
                "xmlns": "http://www.w3.org/2000/svg",
            ]
        ) { svg in svg.append(body) }
        return svg
    }

    // MARK: Axes

    /// The horizontal axis with its ticks, each a value and its label, and what it measures.
    mutating func xAxis(_ ticks: [(Double, String)], title: String, hasGrid: Bool = true) {
        for (value, label) in ticks {
            let place = Self.number(x(value))
            if hasGrid {
                body.empty(
                    "line", ["class": "grid", "x1": place, "x2": place, "y1": "12", "y2": Self.number(bottom)])
            }
            // A label at the end of the axis stays on the drawing.
            let anchor = x(value) > Self.width - 24 ? "end" : "middle"
            text(label, x: anchor == "end" ? Self.width - 4 : x(value), y: bottom + 15, anchor: anchor)
        }
        body.empty(
            "line",
            [
                "class": "axis", "x1": Self.number(left), "x2": Self.number(Self.width - 14),
                "y1": Self.number(bottom), "y2": Self.number(bottom),
            ])
        text(title, x: (left + Self.width - 14) / 2, y: height - 6, anchor: "middle", style: "soft")
    }

    /// The vertical axis. Its title stands above it, where it can be read without turning the head.
    mutating func yAxis(_ ticks: [(Double, String)]) {
        for (value, label) in ticks {
            let place = y(value)
            body.empty(
                "line",
                [
                    "class": "grid", "x1": Self.number(left), "x2": Self.number(Self.width - 14),
                    "y1": Self.number(place), "y2": Self.number(place),
                ])
            text(label, x: left - 6, y: place + 4, anchor: "end")
        }
    }

    /// Ticks of a share, as per cent.
    static func percentTicks(_ scale: Scale, _ count: Int = 5) -> [(Double, String)] {
        let ticks = scale.ticks(count)
        let isFine = ticks.contains { ($0 * 100).rounded() != $0 * 100 && abs(($0 * 100).rounded() - $0 * 100) > 1e-6 }
        return ticks.map { ($0, Wording.decimals($0 * 100, isFine ? 1 : 0) + "%") }
    }

    // MARK: Marks

    mutating func line(_ points: [(Double, Double)], style: String) {
        body.empty("polyline", ["class": "line " + style, "points": Self.list(points.map { (x($0.0), y($0.1)) })])
    }

    /// The area between two curves over the same places.
    mutating func band(_ places: [Double], lower: [Double], upper: [Double], style: String) {
        guard lower.count == places.count, upper.count == places.count else { return }
        let top = zip(places, upper).map { (x($0), y($1)) }
        let under = zip(places, lower).map { (x($0), y($1)) }.reversed()
        body.empty("polygon", ["class": "band " + style, "points": Self.list(top + under)])
    }

    mutating func dot(_ place: Double, _ value: Double, style: String, radius: Double = 4) {
        body.empty(
            "circle",
            [
                "class": "dot " + style, "cx": Self.number(x(place)), "cy": Self.number(y(value)),
                "r": Self.number(radius),
            ])
    }

    /// An upright interval.
    mutating func interval(_ place: Double, _ range: ClosedRange<Double>, style: String) {
        let across = Self.number(x(place))
        body.empty(
            "line",
            [
                "class": "whisker " + style, "x1": across, "x2": across, "y1": Self.number(y(range.lowerBound)),
                "y2": Self.number(y(range.upperBound)),
            ])
    }

    /// A box in values.
    mutating func bar(_ across: ClosedRange<Double>, _ upward: ClosedRange<Double>, style: String) {
        let (left, right) = (x(across.lowerBound), x(across.upperBound))
        let (top, low) = (y(upward.upperBound), y(upward.lowerBound))
        body.empty(
            "rect",
            [
                "class": "bar " + style, "x": Self.number(left), "y": Self.number(top),
                "width": Self.number(max(0, right - left)), "height": Self.number(max(0, low - top)),
            ])
    }

    /// Many small dots in places of the drawing, as one path.
    mutating func swarm(_ points: [(Double, Double)], style: String) {
        guard !points.isEmpty else { return }
        let path = points.map { "M" + Self.number($0.0) + " " + Self.number($0.1) + "h0" }.joined()
        body.empty("path", ["class": "swarm " + style, "d": path])
    }

    mutating func text(_ text: String, x: Double, y: Double, anchor: String = "start", style: String = "") {
        body.tag(
            "text", ["class": style, "x": Self.number(x), "y": Self.number(y), "text-anchor": anchor], text)
    }

    /// A line in places of the drawing.
    mutating func rule(x1: Double, y1: Double, x2: Double, y2: Double, style: String) {
        body.empty(
            "line",
            [
                "class": style, "x1": Self.number(x1), "y1": Self.number(y1), "x2": Self.number(x2),
                "y2": Self.number(y2),
            ])
    }

    private static func list(_ points: [(Double, Double)]) -> String {
        points.map { number($0.0) + "," + number($0.1) }.joined(separator: " ")
    }

    /// One decimal is a fifth of a pixel's width on the finest screen.
    static func number(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? String(tenths / 10) : "\(Double(tenths) / 10)"
    }
}
