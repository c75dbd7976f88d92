import CXGBoost

/// Rows for libxgboost. Owns the handle; libxgboost copies the values when it is made.
///
/// `@unchecked Sendable`: after `init` the handle is only read, and libxgboost reads a matrix from several threads only
/// through the boosters that hold it, each of which stays on one thread at a time.
final class XGBoostMatrix: @unchecked Sendable {
    fileprivate let handle: DMatrixHandle
    let rowCount: Int

    /// `values` stand row after row, NaN for missing; `isCategory` says for each column whether they are category codes.
    /// `margins` is what the trees of each row are added to.
    init(values: [Float], labels: [Float], margins: [Float], isCategory: [Bool]) throws(TableError) {
        let width = isCategory.count
        precondition(width > 0 && values.count == labels.count * width, "a row has one value a column")
        var made: DMatrixHandle?
        try XGBoostLibrary.check(
            XGDMatrixCreateFromMat(values, bst_ulong(labels.count), bst_ulong(width), .nan, &made))
        guard let made else { throw TableError(.library, "libxgboost made no matrix") }
        handle = made
        rowCount = labels.count
        do {
            try XGBoostLibrary.check(XGDMatrixSetFloatInfo(made, "label", labels, bst_ulong(labels.count)))
            try XGBoostLibrary.check(XGDMatrixSetFloatInfo(made, "base_margin", margins, bst_ulong(margins.count)))
            let types = isCategory.map { $0 ? "c" : "q" }
            try XGBoostLibrary.withCStrings(types) { strings in
                XGDMatrixSetStrFeatureInfo(made, "feature_type", strings, bst_ulong(types.count))
            }
        } catch {
            XGDMatrixFree(made)
            throw error
        }
    }

    deinit { XGDMatrixFree(handle) }
}

/// One forest in training. Owns the handle.
///
/// `@unchecked Sendable`: made, used and freed on one thread (see ``WorkerThread``); nothing here checks that.
final class XGBoostBooster: @unchecked Sendable {
    private let handle: BoosterHandle
    private let training: XGBoostMatrix
    private let validation: XGBoostMatrix?
    private(set) var rounds = 0

    init(
        training: XGBoostMatrix, validation: XGBoostMatrix?, parameters: [(name: String, value: String)]
    ) throws(TableError) {
        var made: BoosterHandle?
        let matrices: [DMatrixHandle?] = [training.handle] + (validation.map { [$0.handle] } ?? [])
        try XGBoostLibrary.check(XGBoosterCreate(matrices, bst_ulong(matrices.count), &made))
        guard let made else { throw TableError(.library, "libxgboost made no booster") }
        handle = made
        self.training = training
        self.validation = validation
        do {
            for (name, value) in parameters {
                try XGBoostLibrary.check(XGBoosterSetParam(made, name, value))
            }
        } catch {
            XGBoosterFree(made)
            throw error
        }
    }

    deinit { XGBoosterFree(handle) }

    /// Adds one tree.
    func boost() throws(TableError) {
        try XGBoostLibrary.check(XGBoosterUpdateOneIter(handle, Int32(rounds), training.handle))
        rounds += 1
    }

    /// Margins of a matrix by the first `rounds` trees, 0 for all.
    func margins(of matrix: XGBoostMatrix, rounds: Int = 0) throws(TableError) -> [Float] {
        let configuration = """
            {"type": 1, "training": false, "iteration_begin": 0, "iteration_end": \(rounds), "strict_shape": false}
            """
        var shape: UnsafePointer<bst_ulong>?
        var dimensions: bst_ulong = 0
        var values: UnsafePointer<Float>?
        try XGBoostLibrary.check(
            XGBoosterPredictFromDMatrix(handle, matrix.handle, configuration, &shape, &dimensions, &values))
        guard let values else { throw TableError(.library, "libxgboost gave no predictions") }
        // The library's buffer lives until the next call on this booster: copy it now.
        return Array(UnsafeBufferPointer(start: values, count: matrix.rowCount))
    }

    /// The forest in XGBoost's JSON.
    func json() throws(TableError) -> [UInt8] {
        var count: bst_ulong = 0
        var bytes: UnsafePointer<CChar>?
        try XGBoostLibrary.check(XGBoosterSaveModelToBuffer(handle, "{\"format\": \"json\"}", &count, &bytes))
        guard let bytes else { throw TableError(.library, "libxgboost gave no model") }
        return bytes.withMemoryRebound(to: UInt8.self, capacity: Int(count)) {
            Array(UnsafeBufferPointer(start: $0, count: Int(count)))
        }
    }

    func setFeatureNames(_ names: [String]) throws(TableError) {
        let handle = handle
        try XGBoostLibrary.withCStrings(names) { strings in
            XGBoosterSetStrFeatureInfo(handle, "feature_name", strings, bst_ulong(names.count))
        }
    }

    func setFeatureTypes(_ types: [String]) throws(TableError) {
        let handle = handle
        try XGBoostLibrary.withCStrings(types) { strings in
            XGBoosterSetStrFeatureInfo(handle, "feature_type", strings, bst_ulong(types.count))
        }
    }
}

enum XGBoostLibrary {
    static var version: String {
        var major: Int32 = 0
        var minor: Int32 = 0
        var patch: Int32 = 0
        XGBoostVersion(&major, &minor, &patch)
        return "\(major).\(minor).\(patch)"
    }

    /// The message is thread-local: it is read here, in the function that sees the code, on the thread that failed.
    fileprivate static func check(_ code: Int32) throws(TableError) {
        guard code != 0 else { return }
        let message = XGBGetLastError().map { String(cString: $0) } ?? "no message"
        // Its first line says what; the rest is a C++ stack trace.
        throw TableError(.library, "libxgboost: \(message.prefix { $0 != "\n" })")
    }

    fileprivate static func withCStrings(
        _ strings: [String], _ body: (UnsafeMutablePointer<UnsafePointer<CChar>?>) -> Int32
    ) throws(TableError) {
        let bytes = strings.map { Array($0.utf8CString) }
        let flat = bytes.flatMap { $0 }
        var code: Int32 = 0
        flat.withUnsafeBufferPointer { all in
            var pointers: [UnsafePointer<CChar>?] = []
            var offset = 0
            for string in bytes {
                pointers.append(all.baseAddress.map { $0 + offset })
                offset += string.count
            }
            pointers.withUnsafeMutableBufferPointer { list in
                if let base = list.baseAddress { code = body(base) }
            }
        }
        try check(code)
    }
}
