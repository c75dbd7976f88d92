/// Where a page ended: the sort, the rank and the row of its last lead. As text it is 48 hexadecimal digits with a
/// checksum, so that a cut, edited or foreign cursor is an error and never a wrong page.
package struct LeadCursor: Hashable {
    /// Scores and commissions by their bits, moments in milliseconds.
    package var rank: UInt64
    package var row: Int64

    package init(rank: UInt64, row: Int64) {
        self.rank = rank
        self.row = row
    }

    /// - Throws: ``StoreError/Code/badCursor`` for anything that ``text(for:)`` of this sort did not make.
    package init(_ text: String, for sort: LeadQuery.Sort) throws(StoreError) {
        let digits = Array(text.utf8)
        guard digits.count == 48, digits.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }),
            let rank = UInt64(text.prefix(16), radix: 16), let row = UInt64(text.dropFirst(16).prefix(16), radix: 16)
        else { throw StoreError(.badCursor, "read leads: not a cursor of this store") }
        self.init(rank: rank, row: Int64(bitPattern: row))
        guard self.text(for: sort) == text else {
            throw StoreError(.badCursor, "read leads: a cursor of another sort, or an altered one")
        }
    }

    package func text(for sort: LeadQuery.Sort) -> String {
        let row = UInt64(bitPattern: row)
        return LeadCursor.hex(rank) + LeadCursor.hex(row) + LeadCursor.hex(LeadCursor.checksum(rank, row, sort))
    }

    private static func hex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    /// FNV-1a over the sort's name and both numbers.
    private static func checksum(_ rank: UInt64, _ row: UInt64, _ sort: LeadQuery.Sort) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func mix(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        for byte in sort.rawValue.utf8 { mix(byte) }
        for number in [rank, row] {
            for shift in stride(from: 0, to: 64, by: 8) { mix(UInt8(truncatingIfNeeded: number >> UInt64(shift))) }
        }
        return hash
    }
}
