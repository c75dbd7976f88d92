/// A key and its value in one call. An absent value is written as `null`, never left out.
extension JSONWriter {
    public mutating func member(_ key: StaticString, _ value: String) {
        self.key(key)
        self.value(value)
    }

    public mutating func member(_ key: StaticString, _ value: Double) {
        self.key(key)
        self.value(value)
    }

    public mutating func member(_ key: StaticString, _ value: Float) {
        self.key(key)
        self.value(value)
    }

    public mutating func member(_ key: StaticString, _ value: Int) {
        self.key(key)
        self.value(value)
    }

    public mutating func member(_ key: StaticString, _ value: Int64) {
        self.key(key)
        self.value(value)
    }

    public mutating func member(_ key: StaticString, _ value: UInt64) {
        self.key(key)
        self.value(value)
    }

    public mutating func member(_ key: StaticString, _ value: Bool) {
        self.key(key)
        self.value(value)
    }

    public mutating func member(_ key: StaticString, _ value: String?) {
        self.key(key)
        if let value { self.value(value) } else { null() }
    }

    public mutating func member(_ key: StaticString, _ value: Double?) {
        self.key(key)
        if let value { self.value(value) } else { null() }
    }

    public mutating func member(_ key: StaticString, _ value: Float?) {
        self.key(key)
        if let value { self.value(value) } else { null() }
    }

    public mutating func member(_ key: StaticString, _ value: Int?) {
        self.key(key)
        if let value { self.value(value) } else { null() }
    }

    public mutating func member(_ key: StaticString, _ value: Int64?) {
        self.key(key)
        if let value { self.value(value) } else { null() }
    }

    public mutating func member(_ key: StaticString, _ value: UInt64?) {
        self.key(key)
        if let value { self.value(value) } else { null() }
    }

    public mutating func member(_ key: StaticString, _ value: Bool?) {
        self.key(key)
        if let value { self.value(value) } else { null() }
    }

    /// `[lower, upper]`, or null.
    public mutating func member(_ key: StaticString, _ range: ClosedRange<Double>?) {
        self.key(key)
        value(range)
    }

    public mutating func member(_ key: StaticString, _ numbers: [Double]) {
        self.key(key)
        beginArray()
        for number in numbers { value(number) }
        endArray()
    }

    public mutating func member(_ key: StaticString, _ texts: [String]) {
        self.key(key)
        beginArray()
        for text in texts { value(text) }
        endArray()
    }

    /// The number, or null.
    public mutating func value(_ number: Double?) {
        if let number { value(number) } else { null() }
    }

    /// `[lower, upper]`, or null.
    public mutating func value(_ range: ClosedRange<Double>?) {
        guard let range else { return null() }
        beginArray()
        value(range.lowerBound)
        value(range.upperBound)
        endArray()
    }
}
