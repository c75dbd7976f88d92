/// A part of a model document together with its place, for errors that say what is missing where.
struct ModelPath {
    let value: ModelValue
    let path: String

    init(_ value: ModelValue, _ path: String) {
        self.value = value
        self.path = path
    }

    func wrong(_ expected: String) -> ForestError {
        ForestError(.invalidModel, "\(path.isEmpty ? "the document" : path) is not \(expected)")
    }

    func member(_ name: String) throws(ForestError) -> ModelPath {
        guard let member = try optional(name) else {
            throw ForestError(.invalidModel, "\(path.isEmpty ? "" : path + ".")\(name) is missing")
        }
        return member
    }

    func optional(_ name: String) throws(ForestError) -> ModelPath? {
        value.member(name).map { ModelPath($0, path.isEmpty ? name : "\(path).\(name)") }
    }

    func elements() throws(ForestError) -> [ModelPath] {
        guard let elements = value.elements else { throw wrong("an array") }
        return elements.enumerated().map { ModelPath($1, "\(path)[\($0)]") }
    }

    func string() throws(ForestError) -> String {
        guard let string = value.string else { throw wrong("a string") }
        return string
    }

    func strings() throws(ForestError) -> [String] {
        guard let strings = value.strings else { throw wrong("an array of strings") }
        return strings
    }

    func integer() throws(ForestError) -> Int {
        guard let integer = value.integer else { throw wrong("a whole number") }
        return integer
    }

    func integers() throws(ForestError) -> [Int] {
        guard let integers = value.integers else { throw wrong("an array of whole numbers") }
        return integers
    }

    func floats() throws(ForestError) -> [Float] {
        guard let floats = value.floats else { throw wrong("an array of numbers") }
        return floats
    }

    /// Integers that fit the arrays of a ``Tree``.
    func nodeIndices() throws(ForestError) -> [Int32] {
        let integers = try integers()
        guard integers.allSatisfy({ Int32(exactly: $0) != nil }) else { throw wrong("an array of 32-bit numbers") }
        return integers.map { Int32($0) }
    }

    /// A whole number inside a string, as XGBoost writes its parameters, or bare.
    func number(_ name: String) throws(ForestError) -> Int {
        let member = try member(name)
        guard let number = member.value.string.flatMap({ Int($0) }) ?? member.value.integer else {
            throw member.wrong("a whole number")
        }
        return number
    }

    func optionalNumber(_ name: String) throws(ForestError) -> Int? {
        try optional(name) == nil ? nil : try number(name)
    }

    /// The text of a number: `3` or `0.5`.
    func numberText() throws(ForestError) -> String {
        if let integer = value.integer { return String(integer) }
        guard let float = value.float else { throw wrong("a number") }
        return float.description
    }
}
