/// Why a file is no model artifact that can be used. Says what is wrong, holds no lead data.
public struct ArtifactError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// The file can't be opened or read.
        case unreadable
        case unwritable
        /// The first bytes are not those of an artifact.
        case notAnArtifact
        /// Written by a newer Leadwire.
        case unsupportedVersion
        /// Shorter than its own header says.
        case truncated
        /// Bytes after the end.
        case trailingBytes
        case tooLarge
        /// The content is not what was written: its SHA-256 differs.
        case checksumMismatch
        /// The manifest is not JSON, or lacks a field, or a value is impossible.
        case invalidManifest
        /// The forest inside is refused.
        case invalidForest
    }

    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
