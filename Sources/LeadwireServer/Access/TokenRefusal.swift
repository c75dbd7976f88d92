/// Why a token is not taken. The word is safe to show and to count; nothing of the token stands in it.
enum TokenRefusal: String, Error, Sendable, Hashable, CaseIterable {
    case malformed
    case tooLong = "too_long"
    case algorithm
    case unknownKey = "unknown_key"
    case signature
    case claims
    case expired
    case notYetValid = "not_yet_valid"
    case audience
    case issuer
    case revoked

    /// For the person who made the token.
    var explanation: String {
        switch self {
        case .malformed: "the token is not a JWT of three parts"
        case .tooLong: "the token is longer than \(TokenVerifier.maximumBytes) bytes"
        case .algorithm: "the token's algorithm is not one that this server's keys are for"
        case .unknownKey: "the token's key (kid) is not one of this server's"
        case .signature: "the token's signature is not valid"
        case .claims: "the token must say sub, role (viewer, agent or admin), tenant and exp, each of the right kind"
        case .expired: "the token has expired"
        case .notYetValid: "the token is not valid yet"
        case .audience: "the token is for another audience"
        case .issuer: "the token is of another issuer"
        case .revoked: "the token has been revoked"
        }
    }

    /// 401 with the challenge of RFC 6750, section 3.
    var error: APIError {
        var error = APIError(.unauthorized, explanation)
        error.headers = [
            ("WWW-Authenticate", #"Bearer error="invalid_token", error_description="\#(explanation)""#)
        ]
        return error
    }
}
