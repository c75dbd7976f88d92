import Crypto
import Leads

/// Names of everything that we keep in Redis. `lw1` is the version of all of it: what another version keeps is never read.
///
/// A tenant's name stands in braces, so that all of a tenant would be on one node of a cluster, and with % codes, so that
/// no tenant can name another's keys. Leads and tickets stand as digests: names end up in logs of the server.
enum RedisKeys {
    static let control = Array("lw1:control".utf8)

    /// A hash: the records of one lead by the digest of their content.
    static func lead(_ leadID: String, _ tenant: Tenant) -> [UInt8] {
        Array("lw1:{\(coded(tenant))}:c:".utf8) + digest(leadID)
    }

    /// Stands for a while after a lead was removed, and keeps away records that were on their way.
    static func shadow(_ leadID: String, _ tenant: Tenant) -> [UInt8] {
        Array("lw1:{\(coded(tenant))}:x:".utf8) + digest(leadID)
    }

    static func stream(_ tenant: Tenant) -> [UInt8] { Array("lw1:log:{\(coded(tenant))}".utf8) }

    static func streamState(_ tenant: Tenant) -> [UInt8] { Array("lw1:log:{\(coded(tenant))}:meta".utf8) }

    static func ticket(_ ticket: String) -> [UInt8] { Array("lw1:ticket:".utf8) + digest(ticket) }

    /// 32 hexadecimal digits of SHA-256.
    private static func digest(_ text: String) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return SHA256.hash(data: Array(text.utf8)).prefix(16).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    }

    private static func coded(_ tenant: Tenant) -> String {
        tenant.name.utf8.reduce(into: "") { coded, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                coded.unicodeScalars.append(UnicodeScalar(byte))
            default:
                coded += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }
    }
}
