import CPQ

/// What one statement answered, in binary form. Owns libpq's result.
final class PostgresRows {
    private let result: OpaquePointer
    let count: Int

    /// Takes the result over.
    init(_ result: OpaquePointer) {
        self.result = result
        count = Int(PQntuples(result))
    }

    deinit { PQclear(result) }

    /// Rows that an INSERT, UPDATE or DELETE touched.
    var touched: Int { String(cString: PQcmdTuples(result)).wholeNumber }

    func isNull(_ row: Int, _ column: Int) -> Bool { PQgetisnull(result, Int32(row), Int32(column)) == 1 }

    private func field(_ row: Int, _ column: Int) -> UnsafeRawBufferPointer? {
        guard !isNull(row, column) else { return nil }
        let count = Int(PQgetlength(result, Int32(row), Int32(column)))
        return UnsafeRawBufferPointer(start: PQgetvalue(result, Int32(row), Int32(column)), count: count)
    }

    /// Of 1, 2, 4 or 8 bytes; a boolean is 0 or 1.
    func integer(_ row: Int, _ column: Int) -> Int64? {
        guard let field = field(row, column), let first = field.first else { return nil }
        var value = Int64(Int8(bitPattern: first))
        for byte in field.dropFirst() { value = value << 8 | Int64(byte) }
        return value
    }

    func real(_ row: Int, _ column: Int) -> Double? {
        integer(row, column).map { Double(bitPattern: UInt64(bitPattern: $0)) }
    }

    func text(_ row: Int, _ column: Int) -> String? { field(row, column).map { String(decoding: $0, as: UTF8.self) } }
    func bytes(_ row: Int, _ column: Int) -> [UInt8]? { field(row, column).map { [UInt8]($0) } }

    // For columns that are NOT NULL; a null there means that the tables are not ours.
    func needInteger(_ row: Int, _ column: Int) throws -> Int64 { try need(integer(row, column)) }
    func needReal(_ row: Int, _ column: Int) throws -> Double { try need(real(row, column)) }
    func needText(_ row: Int, _ column: Int) throws -> String { try need(text(row, column)) }
    func needBytes(_ row: Int, _ column: Int) throws -> [UInt8] { try need(bytes(row, column)) }

    private func need<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw PostgresFailure.unexpectedAnswer }
        return value
    }
}

extension String {
    fileprivate var wholeNumber: Int { Int(self) ?? 0 }
}
