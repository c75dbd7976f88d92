/// Where a cell's content stands in its record, quotes around it left out.
struct CellBounds: Hashable {
    let start: Int
    let end: Int
    /// Quotes inside are doubled and still to be halved.
    let hasDoubledQuotes: Bool

    enum Fault: Error {
        case textAfterQuote
        case openQuote
        case tooManyCells

        var error: TableError.Code { self == .tooManyCells ? .tooLarge : .invalidQuoting }

        var message: String {
            switch self {
            case .textAfterQuote: "text after a closing quote; quotes inside are doubled"
            case .openQuote: "a quote is opened here and never closed"
            case .tooManyCells: "more than \(CSVReader.maximumColumns) columns"
            }
        }
    }

    /// Cuts a record into `cells`, which are emptied first (their storage is kept for the next record).
    ///
    /// - Returns: what is wrong with the record; nil where nothing is.
    static func split(_ record: [UInt8], at delimiter: UInt8, into cells: inout [CellBounds]) -> Fault? {
        cells.removeAll(keepingCapacity: true)
        return record.withUnsafeBufferPointer { bytes in
            var start = 0
            while true {
                var end = start
                if start < bytes.count, bytes[start] == 0x22 {
                    var hasDoubled = false
                    guard let close = closingQuote(bytes, after: start, &hasDoubled) else { return .openQuote }
                    end = close + 1
                    guard end == bytes.count || bytes[end] == delimiter else { return .textAfterQuote }
                    cells.append(CellBounds(start: start + 1, end: close, hasDoubledQuotes: hasDoubled))
                } else {
                    while end < bytes.count, bytes[end] != delimiter { end += 1 }
                    cells.append(CellBounds(start: start, end: end, hasDoubledQuotes: false))
                }
                guard cells.count <= CSVReader.maximumColumns else { return .tooManyCells }
                guard end < bytes.count else { return nil }
                start = end + 1
            }
        }
    }

    private static func closingQuote(
        _ bytes: UnsafeBufferPointer<UInt8>, after open: Int, _ hasDoubled: inout Bool
    ) -> Int? {
        var at = open + 1
        while at < bytes.count {
            guard bytes[at] == 0x22 else {
                at += 1
                continue
            }
            guard at + 1 < bytes.count, bytes[at + 1] == 0x22 else { return at }
            hasDoubled = true
            at += 2
        }
        return nil
    }
}
