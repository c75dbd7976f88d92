/// How many different things went by, and how many of them had gone by before, in bounded memory.
///
/// Exact up to `capacity` different hashes; beyond, only hashes that end in ever more zero bits are kept (adaptive sampling:
/// Wegman, analysed by Flajolet 1990, doi:10.1007/BF02241657), and counts are multiplied up. The standard error of the
/// estimate of distinct things is at most 1.20 / √capacity: 1.9 % at 4,096, 0.12 % at 1,048,576.
struct DistinctSketch {
    let capacity: Int
    /// Different hashes kept.
    private(set) var keptCount = 0
    /// Hashes with any of these bits are not kept.
    private var rejectedBits: UInt64 = 0
    /// Open addressing with linear probing; 0 marks a free place. A power of two, at most half full.
    private var hashes: [UInt64]
    private var counts: [UInt32]

    init(capacity: Int) {
        precondition(capacity > 0, "a sketch keeps something")
        self.capacity = capacity
        hashes = Array(repeating: 0, count: 16)
        counts = Array(repeating: 0, count: 16)
    }

    var isExact: Bool { rejectedBits == 0 }

    /// How many different hashes went by.
    var distinct: Int { keptCount * scale }

    /// How many went by whose hash had gone by before.
    var repeated: Int { counts.reduce(0) { $0 + max(0, Int($1) - 1) } * scale }

    /// One kept hash stands for so many.
    private var scale: Int { Int(rejectedBits) + 1 }

    /// - Returns: whether this hash is kept and had gone by before.
    @discardableResult
    mutating func insert(_ hash: UInt64) -> Bool {
        guard hash & rejectedBits == 0 else { return false }
        let key = hash == 0 ? 1 << 63 : hash
        let place = place(of: key)
        if hashes[place] == key {
            if counts[place] < .max { counts[place] += 1 }
            return true
        }
        hashes[place] = key
        counts[place] = 1
        keptCount += 1
        while keptCount > capacity { thin() }
        if keptCount * 2 > hashes.count { rebuild(slots: hashes.count * 2) }
        return false
    }

    private func place(of key: UInt64) -> Int {
        let mask = hashes.count - 1
        // The low bits may all be zero after thinning, so the place comes from the high ones.
        var place = Int(truncatingIfNeeded: key >> 32) & mask
        while hashes[place] != 0, hashes[place] != key { place = (place + 1) & mask }
        return place
    }

    private mutating func thin() {
        rejectedBits = rejectedBits << 1 | 1
        rebuild(slots: hashes.count)
    }

    private mutating func rebuild(slots: Int) {
        let old = zip(hashes, counts).filter { $0.0 != 0 && $0.0 & rejectedBits == 0 }
        hashes = Array(repeating: 0, count: slots)
        counts = Array(repeating: 0, count: slots)
        for (hash, count) in old {
            let place = place(of: hash)
            hashes[place] = hash
            counts[place] = count
        }
        keptCount = old.count
    }
}

/// 64-bit hashes that are the same on every machine and in every run.
enum StableHash {
    /// FNV-1a of the bytes, then mixed, so that every bit depends on every byte.
    static func hash(_ bytes: UnsafeBufferPointer<UInt8>.SubSequence) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return mixed(hash)
    }

    /// The finaliser of SplitMix64: a bijection without visible structure.
    static func mixed(_ value: UInt64) -> UInt64 {
        var value = value &+ 0x9E37_79B9_7F4A_7C15
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
