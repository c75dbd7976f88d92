/// A node, of 16 bytes in `Float`: the test, the left child (the right one is next to it), and the value of a leaf.
///
/// A leaf tests -inf against +inf and is its own left child: a walk that has arrived stays.
struct ExplicitNode<Scalar: TreeScalar>: Sendable {
    var threshold: Scalar
    var slot: UInt32
    var child: UInt32
    var value: Scalar
}

/// The walk for any shape and any kind of split.
struct ExplicitLayout<Scalar: TreeScalar>: Sendable {
    private let nodes: [ExplicitNode<Scalar>]
    private let roots: [UInt32]

    /// Steps that bring every tree of a group of eight to a leaf.
    private let groupDepths: [Int]

    /// Nodes whose `slot` is `specialSlot + index` ask these instead. Empty for most forests.
    private let specials: [SpecialTest]
    private let specialSlot: UInt32

    init(_ trees: [SplitTree<Scalar>], image: RowImage) {
        var nodes: [ExplicitNode<Scalar>] = []
        var roots: [UInt32] = []
        var specials: [SpecialTest] = []
        let restSlot = image.restSlot
        let firstSpecial = restSlot + 1
        for tree in trees {
            // Breadth first, so that siblings stand side by side. Trees are validated: every node is reached once.
            let root = nodes.count
            roots.append(UInt32(root))
            var queue = [0]
            var head = 0
            while head < queue.count {
                let node = queue[head]
                let position = UInt32(root + head)
                head += 1
                guard !tree.isLeaf(node) else {
                    nodes.append(
                        ExplicitNode(
                            threshold: .infinity, slot: restSlot, child: position, value: tree.leafValue[node]))
                    continue
                }
                let test = tree.tests[node]
                var slot = test.slot
                if let special = test.special {
                    slot = firstSpecial + UInt32(specials.count)
                    specials.append(special)
                }
                nodes.append(
                    ExplicitNode(
                        threshold: test.bound, slot: slot, child: UInt32(root + queue.count), value: 0))
                queue.append(Int(tree.left[node]))
                queue.append(Int(tree.right[node]))
            }
        }
        self.nodes = nodes
        self.roots = roots
        self.specials = specials
        specialSlot = firstSpecial
        groupDepths = stride(from: 0, to: trees.count, by: 8).map {
            trees[$0..<min($0 + 8, trees.count)].map(\.depth).max() ?? 0
        }
    }

    /// Adds one leaf of every tree to `base`, in tree order.
    func sum(from base: Scalar, image: Span<Scalar>, row: Span<Scalar>) -> Scalar {
        specials.isEmpty ? plainSum(from: base, image: image) : carefulSum(from: base, image: image, row: row)
    }

    /// Eight trees at once. Unchecked reads: children and slots were proven at load, arrived walks stay at their leaf.
    @inline(never)
    private func plainSum(from base: Scalar, image: Span<Scalar>) -> Scalar {
        unsafe nodes.withUnsafeBufferPointer { allNodes in
            unsafe image.withUnsafeBufferPointer { image in
                var sum = base
                guard let nodes = allNodes.baseAddress, let image = image.baseAddress else { return sum }
                @inline(__always) func step(_ at: inout Int) {
                    let node = unsafe nodes[at]
                    at = Int(node.child) &+ (unsafe image[Int(node.slot)] < node.threshold ? 0 : 1)
                }
                var first = 0
                while first &+ 8 <= roots.count {
                    var a0 = Int(roots[first])
                    var a1 = Int(roots[first &+ 1])
                    var a2 = Int(roots[first &+ 2])
                    var a3 = Int(roots[first &+ 3])
                    var a4 = Int(roots[first &+ 4])
                    var a5 = Int(roots[first &+ 5])
                    var a6 = Int(roots[first &+ 6])
                    var a7 = Int(roots[first &+ 7])
                    for _ in 0..<groupDepths[first / 8] {
                        step(&a0)
                        step(&a1)
                        step(&a2)
                        step(&a3)
                        step(&a4)
                        step(&a5)
                        step(&a6)
                        step(&a7)
                    }
                    sum += unsafe nodes[a0].value
                    sum += unsafe nodes[a1].value
                    sum += unsafe nodes[a2].value
                    sum += unsafe nodes[a3].value
                    sum += unsafe nodes[a4].value
                    sum += unsafe nodes[a5].value
                    sum += unsafe nodes[a6].value
                    sum += unsafe nodes[a7].value
                    first &+= 8
                }
                while first < roots.count {
                    var at = Int(roots[first])
                    for _ in 0..<groupDepths[first / 8] { step(&at) }
                    sum += unsafe nodes[at].value
                    first &+= 1
                }
                return sum
            }
        }
    }

    /// One tree after the other, asking the special tests where they stand. Checked access throughout.
    @inline(never)
    private func carefulSum(from base: Scalar, image: Span<Scalar>, row: Span<Scalar>) -> Scalar {
        var sum = base
        for root in roots {
            var at = Int(root)
            while true {
                let node = nodes[at]
                guard node.child != at else { break }
                let goesRight: Bool
                if node.slot >= specialSlot {
                    let special = specials[Int(node.slot - specialSlot)]
                    goesRight = special.goesRight(row[special.feature])
                } else {
                    goesRight = !(image[Int(node.slot)] < node.threshold)
                }
                at = Int(node.child) + (goesRight ? 1 : 0)
            }
            sum += nodes[at].value
        }
        return sum
    }
}
