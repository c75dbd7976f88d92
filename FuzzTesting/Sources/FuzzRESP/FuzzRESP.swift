import RESP

/// Whatever pieces the bytes come in, the answers are the same, and so is the error that ends them. The first byte says
/// how they are cut.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzRESP(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard count > 0 else { return 0 }
    let all = Array(UnsafeBufferPointer(start: start, count: count))
    let bytes = all.dropFirst()
    var limits = RESPLimits()
    limits.depth = 8
    limits.lineBytes = 64
    limits.bulkBytes = 1 << 12
    limits.messageBytes = 1 << 13
    limits.elements = 256
    let whole = read([bytes], limits)
    let piece = Int(all[0]) % 7 + 1
    let pieces = stride(from: bytes.startIndex, to: bytes.endIndex, by: piece).map { place in
        bytes[place..<min(place + piece, bytes.endIndex)]
    }
    let split = read(pieces, limits)
    precondition(whole == split, "the same bytes in other pieces are other answers")
    return 0
}

/// The answers as text, since not a number is unequal to itself, with the error that ended them.
private func read(_ pieces: [ArraySlice<UInt8>], _ limits: RESPLimits) -> [String] {
    var decoder = RESPDecoder(limits: limits)
    var lines: [String] = []
    for piece in pieces {
        decoder.append(piece)
        do {
            while let value = try decoder.next() {
                precondition(depth(of: value) <= limits.depth + 1, "deeper than the limit")
                lines.append("\(value)")
            }
        } catch {
            precondition(decoder.waitingBytes == 0, "bytes are kept after an error")
            lines.append("\(error)")
            return lines
        }
    }
    precondition(decoder.waitingBytes <= limits.messageBytes + limits.lineBytes, "more bytes wait than the limit")
    return lines
}

private func depth(of value: RESPValue) -> Int {
    switch value {
    case .map(let pairs): 1 + (pairs.map { max(depth(of: $0.key), depth(of: $0.value)) }.max() ?? 0)
    case .array(let elements), .set(let elements), .push(let elements): 1 + (elements.map { depth(of: $0) }.max() ?? 0)
    default: 1
    }
}
