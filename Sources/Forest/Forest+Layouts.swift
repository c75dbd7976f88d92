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

    enum Walk: Sendable {
        case perfect(PerfectLayout)
        case explicit(ExplicitLayout)

        init(_ trees: [Tree], depths: [Int], featureCount: Int, choice: LayoutChoice) {
            if choice == .fastest,
                let perfect = PerfectLayout(trees, depth: depths.max() ?? 0, featureCount: featureCount)
            {
                self = .perfect(perfect)
            } else {
                self = .explicit(ExplicitLayout(trees, depths: depths, featureCount: featureCount))
            }
        }

        @inline(__always)
        func sum(from base: Float, image: Span<Float>, row: Span<Float>) -> Float {
            switch self {
            case .perfect(let layout): layout.sum(from: base, image: image)
            case .explicit(let layout): layout.sum(from: base, image: image, row: row)
            }
        }
    }

    /// The narrowest kernel that is exact: Q points integrate a path of 2Q distinct features.
    enum Kernel: Sendable {
        case four(ShapKernel<SIMD4<Float>>)
        case eight(ShapKernel<SIMD8<Float>>)
        case sixteen(ShapKernel<SIMD16<Float>>)
        case sixtyFour(ShapKernel<SIMD64<Float>>)
        case none

        init(_ layout: ShapLayout) {
            self =
                switch layout.pathFeatures {
                case ...8: .four(ShapKernel(layout))
                case ...16: .eight(ShapKernel(layout))
                case ...32: .sixteen(ShapKernel(layout))
                case ...ShapLayout.maximumPathFeatures: .sixtyFour(ShapKernel(layout))
                default: .none
                }
        }

        var lanes: Int {
            switch self {
            case .four: 4
            case .eight: 8
            case .sixteen: 16
            case .sixtyFour: 64
            case .none: 1
            }
        }

        @inline(__always)
        func explain(
            _ layout: ShapLayout, image: Span<Float>, row: Span<Float>, into contributions: inout MutableSpan<Double>,
            scratch: ShapScratch
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
