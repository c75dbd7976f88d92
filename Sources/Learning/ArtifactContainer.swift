import Crypto

/// The layout of a `.leadwire` file, version 1. Integers are little endian.
///
///     offset  bytes  what
///     0       8      "LEADWIRE"
///     8       4      version of the layout: 1
///     12      32     SHA-256 of everything that follows: the identity of the model
///     44      8      length of the manifest, M
///     52      8      length of the forest, F
///     60      M      the manifest: JSON, schema "leadwire/artifact/1"
///     60+M    F      the forest: XGBoost JSON or UBJSON, byte for byte as it was made
enum ArtifactContainer {
    static let magic = Array("LEADWIRE".utf8)
    static let version: UInt32 = 1
    /// No model of ours comes near; a file that claims more is not read.
    static let maximumBytes = 256 << 20
    private static let headerBytes = 44

    static func content(manifest: [UInt8], forest: [UInt8]) -> [UInt8] {
        var content: [UInt8] = []
        content.reserveCapacity(16 + manifest.count + forest.count)
        append(UInt64(manifest.count), to: &content)
        append(UInt64(forest.count), to: &content)
        content += manifest
        content += forest
        return content
    }

    static func seal(_ content: [UInt8]) -> [UInt8] {
        var bytes = magic
        bytes.reserveCapacity(headerBytes + content.count)
        append(version, to: &bytes)
        bytes += SHA256.hash(data: content)
        bytes += content
        return bytes
    }

    static func open(_ bytes: [UInt8]) throws(ArtifactError) -> (manifest: [UInt8], forest: [UInt8]) {
        guard bytes.starts(with: magic) else {
            throw ArtifactError(.notAnArtifact, "not a Leadwire model artifact; import-model makes one from XGBoost")
        }
        guard bytes.count >= headerBytes + 16 else { throw ArtifactError(.truncated, "the file ends in its header") }
        guard bytes.count <= maximumBytes else { throw ArtifactError(.tooLarge, "an artifact has at most 256 MiB") }
        let found = integer(bytes[8..<12])
        guard found == UInt64(version) else {
            throw ArtifactError(.unsupportedVersion, "artifact layout \(found); this Leadwire reads \(version)")
        }
        let content = bytes[headerBytes...]
        let manifestCount = integer(content.prefix(8))
        let forestCount = integer(content.dropFirst(8).prefix(8))
        let present = UInt64(content.count - 16)
        // Compared without adding first: hostile lengths may overflow.
        guard manifestCount <= present, forestCount <= present - manifestCount else {
            throw ArtifactError(.truncated, "the file is shorter than its header says")
        }
        guard manifestCount + forestCount == present else {
            throw ArtifactError(.trailingBytes, "there are bytes after the end of the artifact")
        }
        guard SHA256.hash(data: content).elementsEqual(bytes[12..<headerBytes]) else {
            throw ArtifactError(.checksumMismatch, "the file has changed since it was written (SHA-256 differs)")
        }
        let body = content.dropFirst(16)
        return (Array(body.prefix(Int(manifestCount))), Array(body.dropFirst(Int(manifestCount))))
    }

    private static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        for shift in stride(from: 0, to: value.bitWidth, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    private static func integer(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
