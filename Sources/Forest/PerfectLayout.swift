/// One split, of 8 bytes in `Float`: right unless `image[slot] < threshold`.
struct SplitTest<Scalar: TreeScalar>: Sendable {
    var threshold: Scalar
    var slot: UInt32
}

/// The fastest walk, for forests up to depth 8: every tree padded to a perfect one, no child indices at all.
///
/// Eight trees stand interleaved, node `i` of tree `k` of a group at `8 * i + k`, and walk down at once: eight
/// independent chains hide the latency of the loads. The children of `i` are `2i + 1` and `2i + 2`; the walk keeps
/// `j = 8i`, so the step is `j = 2j + 8` or `2j + 16`. Leaves are added in tree order: the same sum as the library's,
/// bit for bit.
struct PerfectLayout<Scalar: TreeScalar>: Sendable {
    static var maximumDepth: Int { 8 }
    static var maximumNodes: Int { 1 << 23 }

    private let tests: [SplitTest<Scalar>]
    private let leaves: [Scalar]
    private let depth: Int
    private let treeCount: Int

    /// `nil` where the layout does not apply: a deep tree, a special test, or too much padding.
    init?(_ trees: [SplitTree<Scalar>]) {
        let depth = trees.map(\.depth).max() ?? 0
        let groups = (trees.count + 7) / 8
        guard depth <= Self.maximumDepth, groups << (depth + 3) <= Self.maximumNodes else { return nil }
        let innerCount = 1 << depth - 1
        let stay = SplitTest<Scalar>(threshold: .infinity, slot: 0)
        var tests = [SplitTest<Scalar>](repeating: stay, count: groups * innerCount * 8)
        var leaves = [Scalar](repeating: 0, count: groups * (innerCount + 1) * 8)
        for (treeIndex, tree) in trees.enumerated() {
            let (group, lane) = treeIndex.quotientAndRemainder(dividingBy: 8)
            var pending = [(node: 0, position: 0)]
            while let (node, position) = pending.popLast() {
                guard !tree.isLeaf(node) else {
                    // A leaf above the bottom: its value stands under every position below it.
                    var (first, last) = (position, position)
                    while first < innerCount { (first, last) = (2 * first + 1, 2 * last + 2) }
                    for below in first...last {
                        leaves[(group * (innerCount + 1) + below - innerCount) * 8 + lane] = tree.leafValue[node]
                    }
                    continue
                }
                let test = tree.tests[node]
                if test.special != nil { return nil }
                tests[(group * innerCount + position) * 8 + lane] = SplitTest(threshold: test.bound, slot: test.slot)
                pending.append((Int(tree.left[node]), 2 * position + 1))
                pending.append((Int(tree.right[node]), 2 * position + 2))
            }
        }
        self.tests = tests
        self.leaves = leaves
        self.depth = depth
        treeCount = trees.count
    }

    /// Adds one leaf of every tree to `base`, in tree order.
    ///
    /// Reads `tests` and `leaves` unchecked: positions are bounded by the depth, slots were proven to lie in the
    /// image at load, and the image has that length.
    @inline(never)
    func sum(from base: Scalar, image: Span<Scalar>) -> Scalar {
        let innerCount = 1 << depth - 1
        let depth = depth
        let treeCount = treeCount
        return unsafe tests.withUnsafeBufferPointer { allTests in
            unsafe leaves.withUnsafeBufferPointer { allLeaves in
                unsafe image.withUnsafeBufferPointer { image in
                    unsafe Self.sum(
                        from: base, image.baseAddress.unsafelyUnwrapped, allTests, allLeaves, depth: depth,
                        innerCount: innerCount, treeCount: treeCount)
                }
            }
        }
    }

    @inline(__always)
    private static func sum(
        from base: Scalar, _ image: UnsafePointer<Scalar>, _ allTests: UnsafeBufferPointer<SplitTest<Scalar>>,
        _ allLeaves: UnsafeBufferPointer<Scalar>, depth: Int, innerCount: Int, treeCount: Int
    ) -> Scalar {
        var sum = base
        guard var leaves = allLeaves.baseAddress else { return sum }
        // Forests of single leaves have no tests, and then no step reads them.
        var tests = unsafe allTests.baseAddress ?? UnsafePointer(bitPattern: 8).unsafelyUnwrapped
        var first = 0
        while first < treeCount {
            var (j0, j1, j2, j3, j4, j5, j6, j7) = (0, 0, 0, 0, 0, 0, 0, 0)
            @inline(__always) func step(_ j: inout Int, _ lane: Int) {
                let test = unsafe tests[j &+ lane]
                // The bit of the comparison, and no choice between two numbers: of such a choice the compiler made a branch in
                // the last lane, which nobody can predict.
                let goesLeft = unsafe unsafeBitCast(image[Int(test.slot)] < test.threshold, to: UInt8.self)
                j = 2 &* j &+ 16 &- 8 &* Int(goesLeft)
            }
            for _ in 0..<depth {
                step(&j0, 0)
                step(&j1, 1)
                step(&j2, 2)
                step(&j3, 3)
                step(&j4, 4)
                step(&j5, 5)
                step(&j6, 6)
                step(&j7, 7)
            }
            let bottom = unsafe leaves - 8 &* innerCount
            let live = treeCount &- first
            sum += unsafe bottom[j0]
            if live >= 8 {
                sum += unsafe bottom[j1 &+ 1]
                sum += unsafe bottom[j2 &+ 2]
                sum += unsafe bottom[j3 &+ 3]
                sum += unsafe bottom[j4 &+ 4]
                sum += unsafe bottom[j5 &+ 5]
                sum += unsafe bottom[j6 &+ 6]
                sum += unsafe bottom[j7 &+ 7]
            } else {
                // The last group may be short; adding a padding zero could turn -0.0 into 0.0.
                if live > 1 { sum += unsafe bottom[j1 &+ 1] }
                if live > 2 { sum += unsafe bottom[j2 &+ 2] }
                if live > 3 { sum += unsafe bottom[j3 &+ 3] }
                if live > 4 { sum += unsafe bottom[j4 &+ 4] }
                if live > 5 { sum += unsafe bottom[j5 &+ 5] }
                if live > 6 { sum += unsafe bottom[j6 &+ 6] }
            }
            unsafe tests += 8 &* innerCount
            unsafe leaves += 8 &* (innerCount &+ 1)
            first &+= 8
        }
        return sum
    }
}
