/// One lead's 28 features at one moment, as extracted, before any masking.
///
/// NaN is missing (always stored as the one canonical NaN), a category is its index in ``Feature/vocabulary``, a boolean
/// 0 or 1. Equality and hashing go by bits, so equal vectors are those that score the same.
public struct FeatureVector: Sendable, Hashable {
    /// Features in a vector.
    public static let count = 28
    /// Version of names, order, vocabularies and meaning.
    public static let schema = "features/1"
    /// Size of ``bytes``.
    public static let byteCount = count * 8

    private var storage: InlineArray<28, Double>

    /// Everything missing.
    public init() {
        storage = InlineArray(repeating: .nan)
    }

    /// The raw value. Setting what ``Feature/accepts(_:)`` refuses is an error of the program.
    public subscript(_ feature: Feature) -> Double {
        get { storage[feature.rawValue] }
        set {
            precondition(feature.accepts(newValue), "a value that the feature's kind does not allow")
            // One NaN and one zero, so that equal values have equal bits.
            storage[feature.rawValue] = newValue.isNaN ? .nan : newValue == 0 ? 0 : newValue
        }
    }

    /// True when nothing is known.
    public func isMissing(_ feature: Feature) -> Bool { self[feature].isNaN }

    /// The value of a numerical feature; nil when missing or of another kind.
    public func number(_ feature: Feature) -> Double? {
        guard feature.kind == .numerical, !isMissing(feature) else { return nil }
        return self[feature]
    }

    /// The word of a categorical feature; nil when missing or of another kind.
    public func category(_ feature: Feature) -> String? {
        guard feature.kind == .categorical, !isMissing(feature) else { return nil }
        return feature.vocabulary[Int(self[feature])]
    }

    /// The value of a boolean feature; nil when missing or of another kind.
    public func bool(_ feature: Feature) -> Bool? {
        guard feature.kind == .boolean, !isMissing(feature) else { return nil }
        return self[feature] == 1
    }

    /// Sets a category by its word. False, and nothing changes, when the schema has no such word.
    public mutating func set(_ feature: Feature, category: String) -> Bool {
        guard feature.kind == .categorical, let index = feature.vocabulary.firstIndex(of: category) else {
            return false
        }
        self[feature] = Double(index)
        return true
    }

    /// Sets a boolean feature; nil is missing.
    public mutating func set(_ feature: Feature, bool: Bool?) {
        self[feature] = bool.map { $0 ? 1 : 0 } ?? .nan
    }

    /// Features without a value.
    public var missingCount: Int { Feature.allCases.count { isMissing($0) } }

    /// The form for the store and for cache keys: 28 IEEE 754 doubles, little endian, in schema order.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(FeatureVector.byteCount)
        for index in storage.indices {
            var pattern = storage[index].bitPattern
            for _ in 0..<8 {
                bytes.append(UInt8(truncatingIfNeeded: pattern))
                pattern >>= 8
            }
        }
        return bytes
    }

    /// Reads ``bytes`` back; nil for another length or for a value that its feature can't have.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == FeatureVector.byteCount else { return nil }
        self.init()
        var index = bytes.startIndex
        for feature in Feature.allCases {
            var pattern: UInt64 = 0
            for shift in 0..<8 {
                pattern |= UInt64(bytes[index]) << (8 * UInt64(shift))
                index = bytes.index(after: index)
            }
            let value = Double(bitPattern: pattern)
            guard feature.accepts(value) else { return nil }
            self[feature] = value
        }
    }

    public static func == (left: FeatureVector, right: FeatureVector) -> Bool {
        for index in left.storage.indices
        where left.storage[index].bitPattern != right.storage[index].bitPattern {
            return false
        }
        return true
    }

    public func hash(into hasher: inout Hasher) {
        for index in storage.indices { hasher.combine(storage[index].bitPattern) }
    }
}
