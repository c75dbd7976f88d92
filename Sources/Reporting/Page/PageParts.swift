import Learning

/// One cell of a table.
struct TableCell {
    var text: String
    /// After the text, smaller.
    var small = ""
    /// Makes the text a badge of that kind.
    var badge: String?
    /// Reads from the left.
    var isWords = false

    init(_ text: String, small: String = "", badge: String? = nil, isWords: Bool = false) {
        self.text = text
        self.small = small
        self.badge = badge
        self.isWords = isWords
    }

    /// A figure with its interval; a dash where it could not be measured.
    init(_ value: String?, interval: String?) { self.init(value ?? "–", small: interval ?? "") }
}

/// The pieces that sections are made of.
extension Markup {
    /// A drawing with a heading, what its vertical axis measures, a legend and a sentence that says how to read it.
    mutating func figure(
        _ title: String, says: String, svg: Markup, legend: [(style: String, text: String)] = [], caption: String
    ) {
        tag("figure") { figure in
            figure.tag("h3", [:], title)
            figure.tag("p", ["class": "says"], says)
            figure.append(svg)
            figure.legend(legend)
            figure.tag("figcaption", [:], caption)
        }
    }

    mutating func legend(_ entries: [(style: String, text: String)]) {
        guard !entries.isEmpty else { return }
        tag("div", ["class": "legend"]) { legend in
            for entry in entries {
                legend.tag("span") { span in
                    span.tag("i", ["class": entry.style], "")
                    span.text(entry.text)
                }
            }
        }
    }

    /// On a telephone each row becomes a small card that repeats the column's name before each figure.
    /// Rows beyond `shown` are folded away; paper shows them all.
    mutating func table(_ head: [String], words: Set<Int> = [], shown: Int = 12, _ rows: [[TableCell]]) {
        // Two rows more are not worth a fold.
        let shown = rows.count <= shown + 2 ? rows.count : shown
        tag("div", ["class": "block"]) { block in
            block.rows(head, words, rows.prefix(shown))
            guard rows.count > shown else { return }
            block.tag("details") { details in
                details.tag("summary", [:], "\(rows.count - shown) more")
                details.rows(head, words, rows.dropFirst(shown))
            }
        }
    }

    private mutating func rows(_ head: [String], _ words: Set<Int>, _ rows: ArraySlice<[TableCell]>) {
        tag("table") { table in
            table.tag("thead") { part in
                part.tag("tr") { row in
                    for (place, name) in head.enumerated() {
                        row.tag("th", ["scope": "col", "class": words.contains(place) ? "words" : ""], name)
                    }
                }
            }
            table.tag("tbody") { body in
                for cells in rows { body.row(cells, head: head) }
            }
        }
    }

    private mutating func row(_ cells: [TableCell], head: [String]) {
        tag("tr") { row in
            for (place, cell) in cells.enumerated() {
                let isBlank = cell.text.isEmpty && cell.small.isEmpty
                row.tag(
                    "td", ["data-name": head[place], "class": isBlank ? "blank" : cell.isWords ? "words" : ""]
                ) { data in
                    // One child, so that a telephone can put the column's name on the other side.
                    data.tag("span") { content in
                        if let badge = cell.badge {
                            content.tag("span", ["class": "badge " + badge], cell.text)
                        } else {
                            content.text(cell.text)
                        }
                        if !cell.small.isEmpty {
                            content.text(" ")
                            content.tag("small", [:], cell.small)
                        }
                    }
                }
            }
        }
    }

    mutating func note(_ text: String, verdict: DriftVerdict = .unknown) {
        tag("p", ["class": "note " + (verdict == .unknown ? "" : verdict.rawValue)], text)
    }

    mutating func card(_ name: String, _ value: String, more: String) {
        tag("div", ["class": "card"]) { card in
            card.tag("p", ["class": "name"], name)
            card.tag("p", ["class": "value"], value)
            card.tag("p", ["class": "more"], more)
        }
    }

    mutating func section(_ title: String, _ lead: String, _ body: (inout Markup) -> Void) {
        tag("section") { section in
            section.tag("h2", [:], title)
            section.tag("p", ["class": "lead"], lead)
            body(&section)
        }
    }
}

extension DriftVerdict {
    /// For the reader.
    var word: String {
        switch self {
        case .ok: "steady"
        case .watch: "moved"
        case .act: "moved much"
        case .unknown: "can’t tell"
        }
    }
}

extension CalibrationDrift {
    /// `1.04 (0.97–1.11)`; nil before anything is expected.
    var ratioCell: TableCell {
        TableCell(
            ratio.map { Wording.decimals($0, 2) }, interval: ratioInterval.map { Wording.range($0, 2) })
    }
}
