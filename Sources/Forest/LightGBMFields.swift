/// The fields of one part of a LightGBM model, read as what they must be.
struct LightGBMFields {
    private let fields: LightGBMText.Fields
    /// The tree that they belong to, for errors.
    private let tree: Int?

    init(_ fields: LightGBMText.Fields, tree: Int? = nil) {
        self.fields = fields
        self.tree = tree
    }

    func text(_ key: String) -> Substring? { fields[key] }

    func has(_ key: String) -> Bool { fields[key] != nil }

    func required(_ key: String) throws(ForestError) -> Substring {
        guard let text = fields[key] else { throw error("\(key) is missing") }
        return text
    }

    func integer(_ key: String) throws(ForestError) -> Int {
        guard let number = Int(try required(key)) else { throw error("\(key) is not a whole number") }
        return number
    }

    func integer(_ key: String, default value: Int) throws(ForestError) -> Int {
        has(key) ? try integer(key) : value
    }

    /// `count` whole numbers that fit `Int32`.
    func integers(_ key: String, count: Int) throws(ForestError) -> [Int32] {
        try list(key, count: count, "whole numbers") { Int32($0) }
    }

    /// `count` bit patterns.
    func words(_ key: String, count: Int) throws(ForestError) -> [UInt32] {
        try list(key, count: count, "words of 32 bits") { UInt32($0) }
    }

    /// `count` numbers, each the nearest `Double` of its text.
    func doubles(_ key: String, count: Int) throws(ForestError) -> [Double] {
        try list(key, count: count, "numbers") { Double($0) }
    }

    func error(_ message: String, node: Int? = nil) -> ForestError {
        ForestError(tree == nil ? .invalidModel : .invalidTree, message, tree: tree, node: node)
    }

    private func list<Element>(
        _ key: String, count: Int, _ what: String, _ read: (Substring) -> Element?
    ) throws(ForestError) -> [Element] {
        var elements: [Element] = []
        // A line can't hold more values than half its bytes, whatever `count` promises.
        let line = try required(key)
        elements.reserveCapacity(min(count, line.utf8.count / 2 + 1))
        for part in line.split(separator: " ") {
            guard let element = read(part) else { throw error("\(key) holds something other than \(what)") }
            elements.append(element)
        }
        guard elements.count == count else {
            throw error("\(key) has \(elements.count) entries, not \(count)")
        }
        return elements
    }
}
