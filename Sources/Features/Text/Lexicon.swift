/// Every word that some grammar knows, numbered, with its roles.
///
/// Words are found by a 64-bit FNV-1a hash of their lower-case bytes in an open table; the bytes are not compared again.
/// Two words of ours can't collide (checked when it is built); an outside word that was made to collide is read as ours,
/// which harms nobody but its writer.
struct Lexicon: Sendable {
    private(set) var roles: [Role] = [[]]
    private(set) var values: [Double] = [0]
    private var hashes: [UInt64] = [0]
    private var slots: [UInt16] = []
    private var mask = 0
    /// Only while it is being built.
    private var building: [UInt64: UInt16] = [:]

    static let offsetBasis: UInt64 = 0xcbf2_9ce4_8422_2325
    static let prime: UInt64 = 0x0000_0100_0000_01b3

    /// The lexicon of the words in `Lexicon+Words.swift`. Call ``seal()`` when every phrase table is in.
    init() {
        for (role, words) in Lexicon.plainWords {
            for word in words.split(separator: " ") { add(word, role: role) }
        }
        for (role, words) in Lexicon.valuedWords {
            for (word, value) in words {
                let id = add(Substring(word), role: role)
                values[Int(id)] = value
            }
        }
    }

    /// The number of `word`, new or old, with `role` added to its roles.
    @discardableResult
    mutating func add(_ word: Substring, role: Role = []) -> UInt16 {
        let hash = Lexicon.hash(word.utf8)
        if let known = building[hash] {
            roles[Int(known)].formUnion(role)
            return known
        }
        precondition(hashes.count < Int(UInt16.max), "the lexicon is full")
        hashes.append(hash)
        roles.append(role)
        values.append(0)
        building[hash] = UInt16(hashes.count - 1)
        return UInt16(hashes.count - 1)
    }

    /// Builds the table for look-ups; no word may be added afterwards.
    mutating func seal() {
        var size = 64
        while size < hashes.count * 3 { size *= 2 }
        slots = [UInt16](repeating: 0, count: size)
        mask = size - 1
        for id in 1..<hashes.count {
            var slot = Int(truncatingIfNeeded: hashes[id]) & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = UInt16(id)
        }
        building = [:]
    }

    /// The number of the word with that hash, 0 when unknown.
    func find(hash: UInt64) -> UInt16 {
        var slot = Int(truncatingIfNeeded: hash) & mask
        while true {
            let id = slots[slot]
            if id == 0 || hashes[Int(id)] == hash { return id }
            slot = (slot + 1) & mask
        }
    }

    var count: Int { hashes.count }

    static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
        var hash = offsetBasis
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* prime }
        return hash
    }
}
