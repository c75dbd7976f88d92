/// Exact SHAP values of one row in two passes over every tree, in vectors of one quadrature point per lane.
///
/// With t the quadrature points and u the share of the rows on the side that the row does *not* take (the cold one),
/// a feature met for the first time on its path has the factor 1 on the hot and `u (1 - t)` less on the cold side:
///
///     up:    e = u (s_hot - s_cold)      s = s_hot - (1 - t) e         (leaf: s = value)
///     down:  phi[feature] += c e         c_cold = c (1 - t) u          c_hot = c - c_cold       (root: c = 1)
///
/// A feature met again replaces its earlier factor; the four vectors that do this depend on the model alone and are
/// computed at load, for each way the row can go (`Repeats`). At the end phi[f] is the weighted sum over the lanes.
struct ShapKernel<Vector: SIMD & Sendable>: Sendable where Vector.Scalar: TreeScalar {
    typealias Scalar = Vector.Scalar
    typealias Layout = ShapLayout<Scalar>

    /// After so many trees the sums of a lane move into the Double totals: rounding does not grow with the forest.
    private static var treesPerFlush: Int { 32 }

    private let complement: Vector  // 1 - t
    private let weights: Vector

    /// Sixteen vectors per repeat: {s hot, s cold, e hot, e cold}, for a row that has left the path above and goes
    /// left, or right, and for one that has followed it and goes left, or right.
    private let repeats: [Vector]

    init(_ layout: Layout) {
        let rule = GaussLegendre(count: Vector.scalarCount)
        func vector(_ value: (Double) -> Double) -> Vector {
            var result = Vector(repeating: 0)
            for lane in 0..<Vector.scalarCount { result[lane] = Scalar(nearest: value(rule.nodes[lane])) }
            return result
        }
        var repeats: [Vector] = []
        repeats.reserveCapacity(16 * layout.repeats.count)
        for item in layout.repeats {
            let before = item.merged
            let left = Vector(repeating: Scalar(nearest: item.leftRatio))
            let right = Vector(repeating: Scalar(nearest: item.rightRatio))
            let none = Vector(repeating: 0)
            repeats += [left, right, none, none, right, left, none, none]
            for side in 0..<2 {
                let hot = before * (side == 0 ? item.leftRatio : item.rightRatio)
                let cold = before * (side == 0 ? item.rightRatio : item.leftRatio)
                // New factor over old one, and what the feature's own term changes by; `before + (1 - before) t` > 0.
                func old(_ t: Double) -> Double { before + (1 - before) * t }
                func hotFactor(_ t: Double) -> Double { (hot + (1 - hot) * t) / old(t) }
                func coldFactor(_ t: Double) -> Double { cold * (1 - t) / old(t) }
                let factors = (hot: vector(hotFactor), cold: vector(coldFactor))
                let terms = (
                    hot: vector { ((1 - hot) - (1 - before) * hotFactor($0)) / old($0) },
                    cold: vector { (-cold - (1 - before) * coldFactor($0)) / old($0) }
                )
                repeats += [factors.hot, factors.cold, terms.hot, terms.cold]
            }
        }
        self.repeats = repeats
        complement = vector { 1 - $0 }
        var weights = Vector(repeating: 0)
        for lane in 0..<Vector.scalarCount { weights[lane] = Scalar(nearest: rule.weights[lane]) }
        self.weights = weights
    }

    /// Writes the contribution of every feature. `contributions` has one place per feature, `scratch` fits the layout.
    @inline(never)
    func explain(
        _ layout: Layout, image: Span<Scalar>, row: Span<Scalar>, into contributions: inout MutableSpan<Double>,
        scratch: ShapScratch
    ) {
        let featureCount = row.count
        let slots = scratch.slotCount
        let vectors = unsafe scratch.vectors.assumingMemoryBound(to: Vector.self)
        let buffers = unsafe Buffers(
            upward: vectors, effect: vectors + slots, downward: vectors + 2 * slots, totals: vectors + 3 * slots,
            directions: scratch.directions, followed: scratch.followed)
        for feature in 0..<featureCount {
            unsafe buffers.totals[feature] = Vector(repeating: 0)
            contributions[feature] = 0
        }
        unsafe layout.nodes.withUnsafeBufferPointer { nodes in
            unsafe layout.leafPairs.withUnsafeBufferPointer { pairs in
                unsafe repeats.withUnsafeBufferPointer { repeats in
                    unsafe image.withUnsafeBufferPointer { image in
                        for (index, tree) in layout.trees.enumerated() {
                            // Every tree that grew has a split, and the lowest of them has two leaves.
                            guard let firstNode = nodes.baseAddress, let firstPair = pairs.baseAddress,
                                let image = image.baseAddress
                            else { return }
                            // A forest without repeats never reads them.
                            let repeats = unsafe repeats.baseAddress ?? UnsafePointer(vectors)
                            let nodes = unsafe firstNode + tree.firstNode
                            unsafe decide(layout, tree, nodes, image, row, buffers)
                            unsafe goUp(layout, tree, nodes, firstPair + tree.firstPair, repeats, buffers)
                            unsafe goDown(tree, nodes, repeats, buffers)
                            if index % Self.treesPerFlush == Self.treesPerFlush - 1 {
                                unsafe flush(buffers.totals, featureCount, into: &contributions)
                            }
                        }
                    }
                }
            }
        }
        unsafe flush(buffers.totals, featureCount, into: &contributions)
    }

    @unsafe
    private struct Buffers {
        let upward: UnsafeMutablePointer<Vector>
        let effect: UnsafeMutablePointer<Vector>
        let downward: UnsafeMutablePointer<Vector>
        let totals: UnsafeMutablePointer<Vector>
        let directions: UnsafeMutablePointer<UInt8>
        let followed: UnsafeMutablePointer<UInt8>
    }

    /// Which way the row goes at every split, and whether it has followed the path of each repeated feature.
    @inline(__always)
    private func decide(
        _ layout: Layout, _ tree: Layout.TreeSpan, _ nodes: UnsafePointer<Layout.Node>,
        _ image: UnsafePointer<Scalar>, _ row: Span<Scalar>, _ buffers: Buffers
    ) {
        for index in 0..<tree.nodeCount {
            let goesLeft = unsafe image[Int(nodes[index].slot)] < nodes[index].threshold
            unsafe buffers.directions[index] = goesLeft ? 0 : 1
        }
        for index in tree.firstSpecial..<tree.firstSpecial &+ tree.specialCount {
            let special = layout.specials[index]
            let goesRight = special.test.goesRight(row[special.test.feature])
            unsafe buffers.directions[Int(special.node)] = goesRight ? 1 : 0
        }
        for index in 0..<tree.repeatCount {
            let item = layout.repeats[tree.firstRepeat &+ index]
            let agrees = unsafe buffers.directions[Int(item.ancestor)] == item.side ? UInt8(1) : 0
            unsafe buffers.followed[index &+ 1] = buffers.followed[Int(item.ancestorRepeat)] & agrees
        }
    }

    @inline(__always)
    private func goUp(
        _ layout: Layout, _ tree: Layout.TreeSpan, _ nodes: UnsafePointer<Layout.Node>,
        _ pairs: UnsafePointer<[2 of Scalar]>, _ repeats: UnsafePointer<Vector>, _ buffers: Buffers
    ) {
        let (upward, effect) = unsafe (buffers.upward, buffers.effect)
        for index in 0..<tree.hangingCount {
            unsafe upward[tree.nodeCount &+ index] = Vector(repeating: layout.hanging[tree.firstHanging &+ index])
        }
        for index in tree.innerCount..<tree.nodeCount {
            let node = unsafe nodes + index
            let side = unsafe Int(buffers.directions[index])
            let pair = unsafe pairs + (index &- tree.innerCount)
            let hot = unsafe pair.pointee[unchecked: side]
            let cold = unsafe pair.pointee[unchecked: side ^ 1]
            if unsafe node.pointee.repeatIndex < 0 {
                let change = unsafe (hot - cold) * node.pointee.ratios[unchecked: side ^ 1]
                unsafe effect[index] = Vector(repeating: change)
                unsafe upward[index] = Vector(repeating: hot) - complement * change
            } else {
                let factors = unsafe factors(tree, node.pointee.repeatIndex, side, repeats, buffers)
                unsafe upward[index] = factors[0] * hot + factors[1] * cold
                unsafe effect[index] = factors[2] * hot + factors[3] * cold
            }
        }
        var index = tree.innerCount &- 1
        while index >= 0 {
            let node = unsafe nodes + index
            let side = unsafe Int(buffers.directions[index])
            let hot = unsafe upward[Int(node.pointee.children[unchecked: side])]
            let cold = unsafe upward[Int(node.pointee.children[unchecked: side ^ 1])]
            if unsafe node.pointee.repeatIndex < 0 {
                let change = unsafe (hot - cold) * node.pointee.ratios[unchecked: side ^ 1]
                unsafe effect[index] = change
                unsafe upward[index] = hot - complement * change
            } else {
                let factors = unsafe factors(tree, node.pointee.repeatIndex, side, repeats, buffers)
                unsafe upward[index] = factors[0] * hot + factors[1] * cold
                unsafe effect[index] = factors[2] * hot + factors[3] * cold
            }
            index &-= 1
        }
    }

    @inline(__always)
    private func goDown(
        _ tree: Layout.TreeSpan, _ nodes: UnsafePointer<Layout.Node>, _ repeats: UnsafePointer<Vector>,
        _ buffers: Buffers
    ) {
        let (downward, effect, totals) = unsafe (buffers.downward, buffers.effect, buffers.totals)
        unsafe downward[0] = Vector(repeating: 1)
        for index in 0..<tree.innerCount {
            let node = unsafe nodes + index
            let side = unsafe Int(buffers.directions[index])
            let hot = unsafe Int(node.pointee.children[unchecked: side])
            let cold = unsafe Int(node.pointee.children[unchecked: side ^ 1])
            let weight = unsafe downward[index]
            unsafe totals[Int(node.pointee.feature)] += weight * effect[index]
            if unsafe node.pointee.repeatIndex < 0 {
                let lost = unsafe weight * (complement * node.pointee.ratios[unchecked: side ^ 1])
                unsafe downward[cold] = lost
                unsafe downward[hot] = weight - lost
            } else {
                let factors = unsafe factors(tree, node.pointee.repeatIndex, side, repeats, buffers)
                unsafe downward[hot] = weight * factors[0]
                unsafe downward[cold] = weight * factors[1]
            }
        }
        for index in tree.innerCount..<tree.nodeCount {
            unsafe totals[Int(nodes[index].feature)] += downward[index] * effect[index]
        }
    }

    /// The four vectors of a repeated split for the way that this row goes, the row's own side first.
    @inline(__always)
    private func factors(
        _ tree: Layout.TreeSpan, _ repeatIndex: Int32, _ side: Int, _ repeats: UnsafePointer<Vector>,
        _ buffers: Buffers
    ) -> UnsafePointer<Vector> {
        let index = Int(repeatIndex)
        let followed = unsafe Int(buffers.followed[index &- tree.firstRepeat &+ 1])
        return unsafe repeats + (16 &* index &+ 8 &* followed &+ 4 &* side)
    }

    private func flush(
        _ totals: UnsafeMutablePointer<Vector>, _ count: Int, into contributions: inout MutableSpan<Double>
    ) {
        for feature in 0..<count {
            contributions[feature] += unsafe (totals[feature] * weights).sum().widened
            unsafe totals[feature] = Vector(repeating: 0)
        }
    }
}
