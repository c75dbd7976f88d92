/// Frames as a client sends them, right or wrong on purpose.
enum ClientFrame {
    static let mask: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]

    static func frame(
        _ opcode: UInt8, _ payload: [UInt8], final: Bool = true, reserved: UInt8 = 0, masked: Bool = true
    ) -> [UInt8] {
        var bytes: [UInt8] = [(final ? 0x80 : 0) | reserved << 4 | opcode]
        let flag: UInt8 = masked ? 0x80 : 0
        switch payload.count {
        case ..<126: bytes.append(flag | UInt8(payload.count))
        case ...0xFFFF: bytes += [flag | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        default:
            bytes.append(flag | 127)
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: payload.count >> shift))
            }
        }
        guard masked else { return bytes + payload }
        bytes += mask
        for (index, byte) in payload.enumerated() { bytes.append(byte ^ mask[index % 4]) }
        return bytes
    }

    static func text(_ text: String, final: Bool = true) -> [UInt8] { frame(1, Array(text.utf8), final: final) }
    static func text(bytes: [UInt8], final: Bool = true) -> [UInt8] { frame(1, bytes, final: final) }
    static func binary(_ bytes: [UInt8], final: Bool = true) -> [UInt8] { frame(2, bytes, final: final) }
    static func more(_ bytes: [UInt8], final: Bool) -> [UInt8] { frame(0, bytes, final: final) }
    static func more(_ text: String, final: Bool) -> [UInt8] { frame(0, Array(text.utf8), final: final) }
    static func ping(_ payload: [UInt8] = []) -> [UInt8] { frame(9, payload) }
    static func pong(_ payload: [UInt8] = []) -> [UInt8] { frame(10, payload) }
    static func close(_ payload: [UInt8] = []) -> [UInt8] { frame(8, payload) }
    static func close(_ code: UInt16, _ reason: [UInt8] = []) -> [UInt8] {
        frame(8, [UInt8(code >> 8), UInt8(code & 0xFF)] + reason)
    }
}
