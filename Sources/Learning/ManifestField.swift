import JSONBytes

/// One value of a manifest with the path to it, so that an error can say where. Every reading is checked.
struct ManifestField {
    let element: JSONElement
    let path: String

    /// A member that has to be there.
    func callAsFunction(_ key: String) throws(ArtifactError) -> ManifestField {
        guard let member = element[key] else { throw wrong("has no \"\(key)\"") }
        return ManifestField(element: member, path: "\(path).\(key)")
    }

    /// nil for null.
    func optional() -> ManifestField? { element.isNull ? nil : self }

    func string() throws(ArtifactError) -> String {
        guard let value = element.string else { throw wrong("must be a string") }
        return value
    }

    func double() throws(ArtifactError) -> Double {
        guard let value = element.double, value.isFinite else { throw wrong("must be a finite number") }
        return value
    }

    /// A whole number from 0 to 2⁵³.
    func count() throws(ArtifactError) -> Int {
        guard let value = element.int, (0...1 << 53).contains(value) else { throw wrong("must be a count") }
        return value
    }

    func bool() throws(ArtifactError) -> Bool {
        guard let value = element.bool else { throw wrong("must be true or false") }
        return value
    }

    func array<T>(
        atMost limit: Int, _ read: (ManifestField) throws(ArtifactError) -> T
    ) throws(ArtifactError) -> [T] {
        guard element.kind == .array else { throw wrong("must be an array") }
        guard element.count <= limit else { throw wrong("has more than \(limit) entries") }
        var values: [T] = []
        values.reserveCapacity(element.count)
        for (index, entry) in element.elements.enumerated() {
            values.append(try read(ManifestField(element: entry, path: "\(path)[\(index)]")))
        }
        return values
    }

    func doubles(atMost limit: Int) throws(ArtifactError) -> [Double] {
        try array(atMost: limit) { field throws(ArtifactError) in try field.double() }
    }

    func strings(atMost limit: Int) throws(ArtifactError) -> [String] {
        try array(atMost: limit) { field throws(ArtifactError) in try field.string() }
    }

    func range() throws(ArtifactError) -> ClosedRange<Double>? {
        guard let present = optional() else { return nil }
        let ends = try present.doubles(atMost: 2)
        guard ends.count == 2, ends[0] <= ends[1] else { throw wrong("must be [lowest, highest]") }
        return ends[0]...ends[1]
    }

    /// One of an enumeration's raw values.
    func choice<T: RawRepresentable>(_ type: T.Type) throws(ArtifactError) -> T where T.RawValue == String {
        guard let value = T(rawValue: try string()) else { throw wrong("has an unknown value") }
        return value
    }

    func wrong(_ problem: String) -> ArtifactError {
        ArtifactError(.invalidManifest, "the artifact's manifest is wrong: \(path) \(problem)")
    }
}
