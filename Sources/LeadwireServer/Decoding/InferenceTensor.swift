import Forest
import JSONBytes

/// One input of an inference request: a shape and its values, from JSON or from the raw bytes that follow it (extension
/// `binary_tensor_data`: little-endian, `BYTES` with a length of 32 bits before each element).
struct InferenceTensor {
    enum Datatype: String, CaseIterable {
        case bool = "BOOL"
        case uint8 = "UINT8"
        case uint16 = "UINT16"
        case uint32 = "UINT32"
        case uint64 = "UINT64"
        case int8 = "INT8"
        case int16 = "INT16"
        case int32 = "INT32"
        case int64 = "INT64"
        case fp16 = "FP16"
        case fp32 = "FP32"
        case fp64 = "FP64"
        case bytes = "BYTES"

        /// Bytes of an element in raw form; nil for strings.
        var size: Int? {
            switch self {
            case .bool, .uint8, .int8: 1
            case .uint16, .int16, .fp16: 2
            case .uint32, .int32, .fp32: 4
            case .uint64, .int64, .fp64: 8
            case .bytes: nil
            }
        }
    }

    enum Values {
        /// NaN for missing.
        case numbers([Double])
        /// As a cell of a text table would have them; nil for missing.
        case texts([String?])

        var count: Int {
            switch self {
            case .numbers(let numbers): numbers.count
            case .texts(let texts): texts.count
            }
        }
    }

    private(set) var name = ""
    private(set) var shape: [Int] = []
    private(set) var values = Values.numbers([])

    private let datatype: Datatype
    /// An XGBoost model compares Floats: a decimal is rounded to one once, not by way of Double.
    private let roundsToFloat: Bool
    private static let maximumTextBytes = 1_000

    /// Reads one element of `inputs`. Raw values are taken from the front of `tail`.
    ///
    /// - Returns: nil after reporting what is wrong, under `field`.
    init?(
        _ element: JSONElement, tail: inout ArraySlice<UInt8>, field: String, precision: Forest.Precision, limit: Int,
        _ report: (String, String) -> Void
    ) {
        func refuse(_ part: String, _ problem: String) { report(field + part, problem) }
        guard element.kind == .object else {
            refuse("", "must be an object")
            return nil
        }
        guard let name = element["name"]?.string else {
            refuse(".name", "must be a string")
            return nil
        }
        guard let datatype = element["datatype"]?.string.flatMap(Datatype.init) else {
            refuse(".datatype", "must be one of \(Datatype.allCases.map(\.rawValue).joined(separator: ", "))")
            return nil
        }
        let sizes = element["shape"]?.elements.map(\.int) ?? []
        guard (1...2).contains(sizes.count), sizes.allSatisfy({ ($0 ?? 0) >= 1 }) else {
            refuse(".shape", "must be one or two sizes of at least 1")
            return nil
        }
        self.name = name
        self.datatype = datatype
        roundsToFloat = precision == .single || datatype == .fp32
        shape = sizes.compactMap(\.self)
        let (count, overflow) = (shape.first ?? 1).multipliedReportingOverflow(by: shape.count > 1 ? shape[1] : 1)
        guard !overflow, count <= limit else {
            refuse(".shape", "has more than \(limit) values")
            return nil
        }
        if let parameters = element["parameters"], parameters.kind != .object {
            refuse(".parameters", "must be an object")
            return nil
        }
        if let size = element["parameters"]?["binary_data_size"] {
            guard let size = size.int, size >= 0, size <= tail.count, element["data"] == nil else {
                refuse(".parameters.binary_data_size", "must be the raw bytes that follow, in place of data")
                return nil
            }
            let raw = tail.prefix(size)
            tail = tail.dropFirst(size)
            guard readRaw(raw, count: count) else {
                refuse(".parameters.binary_data_size", "does not hold \(count) values of \(datatype.rawValue)")
                return nil
            }
            return
        }
        guard let data = element["data"], data.kind == .array else {
            refuse(".data", "must be an array")
            return nil
        }
        guard readJSON(data, count: count) else {
            let kind = datatype == .bytes ? "strings or null" : "numbers, true, false or null"
            refuse(".data", "must hold \(kind)")
            return nil
        }
        guard values.count == count else {
            refuse(".data", "must hold \(count) values, as the shape says")
            return nil
        }
    }

    // MARK: JSON

    private mutating func readJSON(_ data: JSONElement, count: Int) -> Bool {
        if datatype == .bytes {
            var texts: [String?] = []
            guard Self.append(data, to: &texts, depth: 0, limit: count, Self.text) else { return false }
            values = .texts(texts)
        } else {
            var numbers: [Double] = []
            numbers.reserveCapacity(count)
            guard Self.append(data, to: &numbers, depth: 0, limit: count, number) else { return false }
            values = .numbers(numbers)
        }
        return true
    }

    private func number(_ element: JSONElement) -> Double? {
        switch element.kind {
        case .null: .nan
        case .bool: element.bool == true ? 1 : 0
        case .number: roundsToFloat ? element.float.map(Double.init) : element.double
        default: nil
        }
    }

    private static func text(_ element: JSONElement) -> String?? {
        if element.isNull { return .some(nil) }
        guard let text = element.string, text.utf8.count <= maximumTextBytes else { return nil }
        return .some(text)
    }

    /// Flat or as a list of rows. False for anything that is no value; stops one value beyond the limit.
    private static func append<Value>(
        _ list: JSONElement, to values: inout [Value], depth: Int, limit: Int, _ read: (JSONElement) -> Value?
    ) -> Bool {
        for element in list.elements {
            guard values.count <= limit else { return true }
            if element.kind == .array {
                guard depth < 1, append(element, to: &values, depth: depth + 1, limit: limit, read)
                else { return false }
            } else {
                guard let value = read(element) else { return false }
                values.append(value)
            }
        }
        return true
    }

    // MARK: Raw

    private mutating func readRaw(_ raw: ArraySlice<UInt8>, count: Int) -> Bool {
        guard let size = datatype.size else { return readRawTexts(raw, count: count) }
        guard raw.count == count * size else { return false }
        var numbers: [Double] = []
        numbers.reserveCapacity(count)
        for start in stride(from: raw.startIndex, to: raw.endIndex, by: size) {
            let bits = raw[start..<start + size].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            let value = number(bits)
            numbers.append(roundsToFloat ? Double(Float(value)) : value)
        }
        values = .numbers(numbers)
        return true
    }

    private func number(_ bits: UInt64) -> Double {
        switch datatype {
        case .bool: bits == 0 ? 0 : 1
        case .uint8, .uint16, .uint32, .uint64, .bytes: Double(bits)
        case .int8: Double(Int8(truncatingIfNeeded: bits))
        case .int16: Double(Int16(truncatingIfNeeded: bits))
        case .int32: Double(Int32(truncatingIfNeeded: bits))
        case .int64: Double(Int64(truncatingIfNeeded: bits))
        case .fp16: Self.half(UInt16(truncatingIfNeeded: bits))
        case .fp32: Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
        case .fp64: Double(bitPattern: bits)
        }
    }

    /// IEEE 754 binary16.
    private static func half(_ bits: UInt16) -> Double {
        let sign = bits & 0x8000 == 0 ? 1.0 : -1.0
        let exponent = Int(bits >> 10 & 0x1F)
        let fraction = Double(bits & 0x3FF)
        return switch exponent {
        case 0: sign * fraction * 0x1p-24
        case 31: fraction == 0 ? sign * .infinity : .nan
        default: sign * Double(sign: .plus, exponent: exponent - 15, significand: 1 + fraction / 1024)
        }
    }

    private mutating func readRawTexts(_ raw: ArraySlice<UInt8>, count: Int) -> Bool {
        var rest = raw
        var texts: [String?] = []
        while texts.count < count {
            guard rest.count >= 4 else { return false }
            let length = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
            rest = rest.dropFirst(4)
            guard length <= min(rest.count, Self.maximumTextBytes),
                let text = String(validating: rest.prefix(length), as: UTF8.self)
            else { return false }
            texts.append(text)
            rest = rest.dropFirst(length)
        }
        values = .texts(texts)
        return rest.isEmpty
    }
}
