/// One statement with its arguments in binary form.
struct Statement {
    var sql: String
    /// Planned once a connection and then called by name. Not for what runs once.
    let isPrepared: Bool
    var types: [UInt32] = []
    var arguments: [[UInt8]?] = []

    init(_ sql: String, isPrepared: Bool = true) {
        self.sql = sql
        self.isPrepared = isPrepared
    }

    /// Runs once: transaction borders, migrations.
    static func once(_ sql: String) -> Statement { Statement(sql, isPrepared: false) }

    private mutating func bind(_ type: UInt32, _ value: [UInt8]?) {
        types.append(type)
        arguments.append(value)
    }

    mutating func bind(_ value: Int64?) {
        bind(
            TypeOID.integer.rawValue,
            value.map { value in
                var bytes: [UInt8] = []
                bytes.appendBigEndian(value)
                return bytes
            })
    }

    mutating func bind(_ value: Double?) {
        var bytes: [UInt8]?
        if let value {
            bytes = []
            bytes?.appendBigEndian(value.bitPattern)
        }
        bind(TypeOID.real.rawValue, bytes)
    }

    mutating func bind(_ value: String?) { bind(TypeOID.text.rawValue, value.map(\.storable)) }
    mutating func bind(_ value: [UInt8]) { bind(TypeOID.bytes.rawValue, value) }
    mutating func bind(_ column: ArrayBuilder) { bind(column.element.array, column.finished()) }

    func binding(_ value: Int64?) -> Statement { with { $0.bind(value) } }
    func binding(_ value: Double?) -> Statement { with { $0.bind(value) } }
    func binding(_ value: String?) -> Statement { with { $0.bind(value) } }
    func binding(bytes value: [UInt8]) -> Statement { with { $0.bind(value) } }
    func binding(_ column: ArrayBuilder) -> Statement { with { $0.bind(column) } }
    func binding(_ texts: [String]) -> Statement {
        var column = ArrayBuilder(.text)
        for text in texts { column.append(text) }
        return binding(column)
    }

    private func with(_ change: (inout Statement) -> Void) -> Statement {
        var copy = self
        change(&copy)
        return copy
    }
}
