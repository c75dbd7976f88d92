/// The row as the kernels read it, so that a split is one comparison without asking whether a value is missing.
///
/// Three parts: `featureCount` values with `NaN` as +inf (missing goes right), the same with `NaN` as -inf (missing
/// goes left), and one -inf that leaves compare with +inf to stay where they are. A split with the threshold -inf and
/// missing to the left is the one that this cannot express: see ``SpecialTest``.
enum RowImage {
    static func count(featureCount: Int) -> Int { 2 * featureCount + 1 }

    /// Where a split looks, given where its missing values go.
    static func index(feature: Int32, defaultLeft: Bool, featureCount: Int) -> UInt32 {
        UInt32(feature) + (defaultLeft ? UInt32(featureCount) : 0)
    }

    @inline(__always)
    static func fill(_ image: inout MutableSpan<Float>, from row: Span<Float>) {
        let count = row.count
        precondition(image.count >= 2 * count + 1)
        for index in 0..<count {
            let value = unsafe row[unchecked: index]
            let isMissing = value.isNaN
            unsafe image[unchecked: index] = isMissing ? .infinity : value
            unsafe image[unchecked: count &+ index] = isMissing ? -.infinity : value
        }
        unsafe image[unchecked: 2 &* count] = -.infinity
    }
}
