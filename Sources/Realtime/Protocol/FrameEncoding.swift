import NIOCore

/// Server frames: never masked, never fragmented.
enum FrameEncoding {
    static let text: UInt8 = 0x81
    static let binary: UInt8 = 0x82
    static let close: UInt8 = 0x88
    static let ping: UInt8 = 0x89
    static let pong: UInt8 = 0x8A

    /// Bytes in front of a payload of this size: 2, 4 or 10.
    static func headerLength(payload count: Int) -> Int { count < 126 ? 2 : count <= 0xFFFF ? 4 : 10 }

    static func header(_ first: UInt8, payload count: Int, appendTo bytes: inout [UInt8]) {
        bytes.append(first)
        switch count {
        case ..<126: bytes.append(UInt8(count))
        case ...0xFFFF: bytes += [126, UInt8(count >> 8), UInt8(count & 0xFF)]
        default:
            bytes.append(127)
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: count >> shift))
            }
        }
    }

    static func frame(_ first: UInt8, _ payload: some Collection<UInt8>, _ allocator: ByteBufferAllocator) -> ByteBuffer
    {
        var head: [UInt8] = []
        header(first, payload: payload.count, appendTo: &head)
        var buffer = allocator.buffer(capacity: head.count + payload.count)
        buffer.writeBytes(head)
        buffer.writeBytes(payload)
        return buffer
    }

    static func close(_ number: UInt16?, _ reason: String, _ allocator: ByteBufferAllocator) -> ByteBuffer {
        guard let number else { return frame(close, EmptyCollection(), allocator) }
        return frame(close, [UInt8(number >> 8), UInt8(number & 0xFF)] + reason.utf8.prefix(123), allocator)
    }
}
