import Foundation
import Forest
import Learning
import Testing

struct ModelArtifactTests {
    @Test func `what is written is read back whole, with the same identity and the same bytes`() throws {
        let artifact = try ArtifactFactory.artifact()
        let bytes = artifact.serialized()
        let copy = try ModelArtifact(serialized: bytes)
        #expect(copy.sha256 == artifact.sha256 && copy.sha256.count == 64)
        #expect(copy.serialized() == bytes)
        #expect(copy.schema == artifact.schema && copy.calibration == artifact.calibration)
        #expect(copy.reference == artifact.reference && copy.support == artifact.support)
        #expect(copy.card == artifact.card && copy.kind == .learned && copy.policyOverridden)
        #expect(copy.hotCutLogOdds == artifact.hotCutLogOdds && copy.priorWeight == 0.25)
        #expect(copy.forest.treeCount == 2 && copy.version == String(artifact.sha256.prefix(12)))
    }

    @Test func `a model of leads keeps its plan`() throws {
        let forest = try Forest(trees: [.leaf(0.5)], featureCount: 28)
        let artifact = try ModelArtifact(forest: forest, parts: ArtifactFactory.leadParts())
        let copy = try ModelArtifact(serialized: artifact.serialized())
        #expect(copy.schema == artifact.schema && copy.assumed == artifact.assumed && copy.calibration == nil)
    }

    @Test func `another card is another identity`() throws {
        var parts = ArtifactFactory.parts()
        parts.card.notes.append("one more")
        let other = try ModelArtifact(forest: ArtifactFactory.forest(), parts: parts)
        #expect(try other.sha256 != ArtifactFactory.artifact().sha256)
    }

    @Test func `a file cut anywhere is refused`() throws {
        let bytes = try ArtifactFactory.artifact().serialized()
        for length in 0..<bytes.count {
            let error = #expect(throws: ArtifactError.self) {
                try ModelArtifact(serialized: Array(bytes.prefix(length)))
            }
            #expect([.notAnArtifact, .truncated].contains(error?.code))
        }
    }

    @Test func `a file changed anywhere is refused`() throws {
        let bytes = try ArtifactFactory.artifact().serialized()
        for place in stride(from: 0, to: bytes.count, by: 7) {
            var changed = bytes
            changed[place] ^= 0x20
            #expect(throws: ArtifactError.self) { try ModelArtifact(serialized: changed) }
        }
    }

    @Test func `bytes after the end, another version and lengths that overflow are refused by name`() throws {
        let bytes = try ArtifactFactory.artifact().serialized()
        func code(_ change: (inout [UInt8]) -> Void) -> ArtifactError.Code? {
            var changed = bytes
            change(&changed)
            return #expect(throws: ArtifactError.self) { try ModelArtifact(serialized: changed) }?.code
        }
        #expect(code { $0.append(0) } == .trailingBytes)
        #expect(code { $0[8] = 2 } == .unsupportedVersion)
        #expect(code { $0[0] = 0x7B } == .notAnArtifact)
        #expect(code { for place in 44..<60 { $0[place] = 0xFF } } == .truncated)
        #expect(code { $0[20] ^= 1 } == .checksumMismatch)
    }

    /// A hostile file has a right checksum: whoever makes it can hash.
    @Test(arguments: [
        ("\"hot_cut_log_odds\":", "\"hot_cut_log_odds\":1e999,\"x\":"), ("\"slope\":", "\"slope\":-1,\"x\":"),
        ("\"kind\":\"learned\"", "\"kind\":\"magic\""), ("\"name\":\"channel\"", "\"name\":\"visits\""),
        ("\"missing_share\":0.1", "\"missing_share\":7"), ("\"prior_weight\":0.25", "\"prior_weight\":2"),
        ("\"range\":[0", "\"range\":[99"), ("\"counts\":[", "\"counts\":[0,"), ("\"support\":{", "\"support\":{{"),
        ("\"positives\":40", "\"positives\":-40"), ("\"covariance\":[", "\"covariance\":[[[["),
        ("leadwire/artifact/1", "leadwire/artifact/9"), ("\"mean_absolute_contributions\":[", "\"m\":[\"x\","),
        (
            "\"columns\":[{",
            "\"columns\":[{\"name\":\"more\",\"kind\":\"number\",\"style\":\"point\",\"range\":null,\"missing_share\":null},{"
        ),
    ])
    func `an impossible manifest is refused though its checksum is right`(find: String, replace: String) throws {
        let bytes = try ArtifactFactory.artifact().serialized()
        let manifestCount = (0..<8).reversed().reduce(0) { $0 << 8 | Int(bytes[44 + $1]) }
        let manifest = String(decoding: bytes[60..<60 + manifestCount], as: UTF8.self)
        try #require(manifest.contains(find))
        let changed = Array(manifest.replacing(find, with: replace, maxReplacements: 1).utf8)
        let hostile = HostileArtifact.sealed(manifest: changed, forest: Array(bytes[(60 + manifestCount)...]))
        let error = #expect(throws: ArtifactError.self) { try ModelArtifact(serialized: hostile) }
        #expect([.invalidManifest, .unsupportedVersion].contains(error?.code), "\(String(describing: error))")
    }

    @Test func `a forest that is none, or of another width, is refused`() throws {
        let manifest = Array("{}".utf8)
        let noForest = HostileArtifact.sealed(manifest: manifest, forest: [])
        #expect(throws: ArtifactError.self) { try ModelArtifact(serialized: noForest) }
        let narrow = try Forest(trees: [.leaf(1)], featureCount: 1)
        let error = #expect(throws: ArtifactError.self) {
            try ModelArtifact(forest: narrow, parts: ArtifactFactory.parts())
        }
        #expect(error?.code == .invalidManifest)
    }

    @Test func `a file on disk is written whole and read back; a missing one is an error`() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("artifact-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("m.leadwire").path
        let artifact = try ArtifactFactory.artifact()
        try artifact.write(to: path)
        #expect(try ModelArtifact.load(from: path).sha256 == artifact.sha256)
        let missing = #expect(throws: ArtifactError.self) { try ModelArtifact.load(from: path + ".no") }
        #expect(missing?.code == .unreadable)
        let nowhere = #expect(throws: ArtifactError.self) { try artifact.write(to: path + "/no/m.leadwire") }
        #expect(nowhere?.code == .unwritable)
    }
}

/// Seals any manifest and forest with a right checksum, as an attacker would.
enum HostileArtifact {
    static func sealed(manifest: [UInt8], forest: [UInt8]) -> [UInt8] {
        var content: [UInt8] = []
        for count in [manifest.count, forest.count] {
            for shift in stride(from: 0, to: 64, by: 8) { content.append(UInt8(truncatingIfNeeded: count >> shift)) }
        }
        content += manifest + forest
        var hash = ContentHash()
        hash.update(content)
        let digest = Array(hash.hexadecimal().utf8)
        let bytes = stride(from: 0, to: 64, by: 2).map { place in
            UInt8(String(decoding: digest[place..<place + 2], as: UTF8.self), radix: 16) ?? 0
        }
        return Array("LEADWIRE".utf8) + [1, 0, 0, 0] + bytes + content
    }
}
