import Foundation
public import Scoring

/// Looks at the keys of JWT mode as a start would read them.
public struct AccessExamination: Sendable {
    private let settings: AccessSettings

    private static let subject = "keys"

    public init(_ settings: AccessSettings) {
        self.settings = settings
    }

    /// Fetches a key set from its address too; bounded by ``AccessSettings/fetchDeadline``.
    public func run() async -> [Finding] {
        var findings: [Finding] = []
        do {
            let keys = try await KeyFiles.reading(settings)()
            findings.append(
                keys.isEmpty
                    ? Finding(
                        Self.subject, "readable", .broken, "no key in them can check a token",
                        advice: "ask the issuer for a set with keys for RS256, ES256 or EdDSA")
                    : Finding(Self.subject, "readable", .well, "\(keys.count) that can check tokens"))
        } catch {
            findings.append(
                Finding(
                    Self.subject, "readable", .broken, "\((error as? KeyProblem)?.description ?? "they can't be read")",
                    advice: "correct --jwt-secret-file or --jwks"))
        }
        if let path = settings.secretFile, let mode = Self.mode(path) {
            findings.append(
                mode & 0o077 == 0
                    ? Finding(Self.subject, "secret", .well, "\(path), its owner's alone")
                    : Finding(
                        Self.subject, "secret", .warning, "\(path) is open to others (mode \(String(mode, radix: 8)))",
                        advice: "chmod 600 it: whoever reads it can make any token"))
        }
        return findings
    }

    private static func mode(_ path: String) -> Int? {
        (try? FileManager.default.attributesOfItem(atPath: path))?[.posixPermissions] as? Int
    }
}
