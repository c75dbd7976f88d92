/// HTML and SVG, written so that nothing from a file can become markup: tags and attribute names are constants of this
/// program, everything else is escaped.
struct Markup {
    typealias Attributes = KeyValuePairs<StaticString, String>

    private(set) var bytes: [UInt8] = []

    /// An element with what `body` writes inside it.
    mutating func tag(_ name: StaticString, _ attributes: Attributes = [:], _ body: (inout Markup) -> Void) {
        open(name, attributes, end: ">")
        body(&self)
        append("</")
        append(name)
        append(">")
    }

    /// An element that holds text.
    mutating func tag(_ name: StaticString, _ attributes: Attributes = [:], _ text: String) {
        tag(name, attributes) { $0.text(text) }
    }

    /// An element without content, closed as both HTML's void elements and SVG allow.
    mutating func empty(_ name: StaticString, _ attributes: Attributes = [:]) { open(name, attributes, end: "/>") }

    /// Text, escaped.
    mutating func text(_ text: String) { escape(text) }

    /// A constant of this program, as it stands: the style sheet, a doctype.
    mutating func constant(_ text: StaticString) { append(text) }

    /// What another writer wrote.
    mutating func append(_ other: Markup) { bytes += other.bytes }

    private mutating func open(_ name: StaticString, _ attributes: Attributes, end: StaticString) {
        append("<")
        append(name)
        for (key, value) in attributes {
            append(" ")
            append(key)
            append("=\"")
            escape(value)
            append("\"")
        }
        append(end)
    }

    private mutating func append(_ text: StaticString) { text.withUTF8Buffer { bytes.append(contentsOf: $0) } }

    private mutating func escape(_ text: String) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "&"): append("&amp;")
            case UInt8(ascii: "<"): append("&lt;")
            case UInt8(ascii: ">"): append("&gt;")
            case UInt8(ascii: "\""): append("&quot;")
            case UInt8(ascii: "'"): append("&#39;")
            // Control characters are allowed in neither; a tab or a line end is white space.
            case 0x00..<0x09, 0x0B, 0x0C, 0x0E..<0x20, 0x7F: append("\u{FFFD}")
            default: bytes.append(byte)
            }
        }
    }
}
