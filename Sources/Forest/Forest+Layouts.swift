extension Forest {
    /// Bounds on what may be loaded. The defaults hold every model that one machine would serve.
    public struct Limits: Sendable, Hashable {
        public var features = 65_536
        public var trees = 100_000
        public var nodesPerTree = 1 << 24
        /// Splits on a path. XGBoost's default is 6; loss-guided growth goes deeper.
        public var depth = 512
        public var fileBytes = 256 << 20

        public init() {}
    }

    /// Which walk a forest uses; tests and benchmarks pick one, everybody else gets the fastest that is exact.
    package enum LayoutChoice: Sendable {
        case fastest, explicit
    }

    enum Walk<Scalar: TreeScalar>: Sendable {
        case perfect(PerfectLayout<Scalar>)
        case explicit(ExplicitLayout<Scalar>)

        init(_ trees: [SplitTree<Scalar>], image: RowImage, choice: LayoutChoice) {
            if choice == .fastest, let perfect = PerfectLayout(trees) {
                self = .perfect(perfect)
            } else {
                self = .explicit(ExplicitLayout(trees, image: image))
            }
        }

        @inline(__always)
        func sum(from base: Scalar, image: Span<Scalar>, row: Span<Scalar>) -> Scalar {
            switch self {
            case .perfect(let layout): layout.sum(from: base, image: image)
            case .explicit(let layout): layout.sum(from: base, image: image, row: row)
            }
        }
    }

    /// The narrowest kernel that is exact: Q points integrate a path of 2Q distinct features.
    enum Kernel<Scalar: TreeScalar>: Sendable {
        case four(ShapKernel<SIMD4<Scalar>>)
        case eight(ShapKernel<SIMD8<Scalar>>)
        case sixteen(ShapKernel<SIMD16<Scalar>>)
        case sixtyFour(ShapKernel<SIMD64<Scalar>>)
        case none

        init(_ layout: ShapLayout<Scalar>) {
            self =
                switch layout.pathFeatures {
                case ...8: .four(ShapKernel(layout))
                case ...16: .eight(ShapKernel(layout))
                case ...32: .sixteen(ShapKernel(layout))
                case ...ShapLayout<Scalar>.maximumPathFeatures: .sixtyFour(ShapKernel(layout))
                default: .none
                }
        }

        /// Size of the kernel's vectors.
        var vectorBytes: Int {
            switch self {
            case .four: MemoryLayout<SIMD4<Scalar>>.stride
            case .eight: MemoryLayout<SIMD8<Scalar>>.stride
            case .sixteen: MemoryLayout<SIMD16<Scalar>>.stride
            case .sixtyFour: MemoryLayout<SIMD64<Scalar>>.stride
            case .none: MemoryLayout<Scalar>.stride
            }
        }

        @inline(__always)
        func explain(
            _ layout: ShapLayout<Scalar>, image: Span<Scalar>, row: Span<Scalar>,
            into contributions: inout MutableSpan<Double>, scratch: ShapScratch
        ) {
            switch self {
            case .four(let kernel):
                kernel.explain(layout, image: image, row: row, into: &contributions, scratch: scratch)
            case .eight(let kernel):
                kernel.explain(layout, image: image, row: row, into: &contributions, scratch: scratch)
            case .sixteen(let kernel):
                kernel.explain(layout, image: image, row: row, into: &contributions, scratch: scratch)
            case .sixtyFour(let kernel):
                kernel.explain(layout, image: image, row: row, into: &contributions, scratch: scratch)
            case .none: break
            }
        }
    }
}
