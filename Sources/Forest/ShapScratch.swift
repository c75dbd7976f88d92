/// Working memory of one explanation at a time. Make one per thread with ``Forest/makeScratch()`` and reuse it; it fits
/// any forest no larger than the one that made it.
@safe
public final class ShapScratch {
    let slotCount: Int
    let repeatCount: Int
    let featureCount: Int
    let vectorBytes: Int

    /// One vector for each slot, three times, and for each feature; 64-byte aligned.
    let vectors: UnsafeMutableRawPointer

    /// Which way the row goes at each split, 0 or 1.
    let directions: UnsafeMutablePointer<UInt8>

    /// Per repeat of a tree: whether the row has followed the path so far (shifted by one, the first entry is 1).
    let followed: UnsafeMutablePointer<UInt8>

    init(slotCount: Int, repeatCount: Int, featureCount: Int, vectorBytes: Int) {
        self.slotCount = slotCount
        self.repeatCount = repeatCount
        self.featureCount = featureCount
        self.vectorBytes = vectorBytes
        let byteCount = (3 * slotCount + featureCount) * vectorBytes
        unsafe vectors = UnsafeMutableRawPointer.allocate(byteCount: max(byteCount, 64), alignment: 64)
        unsafe vectors.initializeMemory(as: UInt8.self, repeating: 0, count: max(byteCount, 64))
        unsafe directions = .allocate(capacity: slotCount)
        unsafe directions.initialize(repeating: 0, count: slotCount)
        unsafe followed = .allocate(capacity: repeatCount + 1)
        unsafe followed.initialize(repeating: 1, count: repeatCount + 1)
    }

    deinit {
        unsafe vectors.deallocate()
        unsafe directions.deallocate()
        unsafe followed.deallocate()
    }

    /// Whether this scratch was made for a forest at least as large.
    func fits<Scalar>(_ layout: ShapLayout<Scalar>, featureCount: Int, vectorBytes: Int) -> Bool {
        slotCount >= layout.slotCount && repeatCount >= layout.largestRepeatCount && self.vectorBytes >= vectorBytes
            && self.featureCount >= featureCount
    }
}
