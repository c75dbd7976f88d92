/// What JWT mode needs to know: where the keys are, what a token must say, how much it may ask.
public struct AccessSettings: Sendable, Hashable {
    /// A file with the secret of HS256, at least 32 bytes; what stands at its end of whitespace is not part of it.
    public var secretFile: String?
    /// A JWK set (RFC 7517): a file, an `https://` address, or an `http://` address of this machine.
    public var jwks: String?
    /// What `aud` must hold. Nil: a token that names an audience is for somebody else.
    public var audience: String?
    /// What `iss` must be; nil for anything.
    public var issuer: String?
    /// Origins besides the server's own whose pages may ask, such as `https://board.example.com`.
    public var allowedOrigins: [String] = []
    /// The tenant that may see the figures of the whole process; nil for every tenant.
    public var operatorTenant: String?
    /// By how much clocks may differ.
    public var leeway = Duration.seconds(30)
    /// Of one token.
    public var requestsPerSecond = 200.0
    public var requestBurst = 400.0
    /// A key set is read again when a token names a key that it lacks, but not sooner than this after the last reading.
    public var keyRefreshInterval = Duration.seconds(30)
    /// And regularly, so that a key that was withdrawn ends.
    public var keyLifetime = Duration.seconds(600)
    public var fetchDeadline = Duration.seconds(5)
    /// Where revocations are kept over a restart; nil for in memory only.
    public var revocationFile: String?

    public init() {}

    public var hasKeys: Bool { secretFile != nil || jwks != nil }
}
