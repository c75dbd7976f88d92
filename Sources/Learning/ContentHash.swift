import Crypto

/// SHA-256 of bytes that come in pieces.
public struct ContentHash: Sendable {
    private var hash = SHA256()

    public init() {}

    public mutating func update(_ bytes: [UInt8]) { hash.update(data: bytes) }

    /// 64 lowercase hexadecimal digits.
    public func hexadecimal() -> String { Self.hexadecimal(hash.finalize()) }

    static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
