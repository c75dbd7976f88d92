/// Turns the text of a string that ``StringScanner`` has accepted into a `String`. Total: the scan proved it.
enum StringDecoder {
    static func decode(_ source: UnsafeBufferPointer<UInt8>) -> String {
        String(unsafeUninitializedCapacity: source.count) { target in
            var at = 0
            var written = 0
            while at < source.count {
                let byte = source[at]
                guard byte == UInt8(ascii: "\\") else {
                    target[written] = byte
                    written &+= 1
                    at &+= 1
                    continue
                }
                let escape = source[at &+ 1]
                guard escape == UInt8(ascii: "u") else {
                    target[written] = unescaped(escape)
                    written &+= 1
                    at &+= 2
                    continue
                }
                var scalar = codeUnit(source, at)
                at &+= 6
                if scalar & 0xFC00 == 0xD800 {
                    scalar = 0x10000 &+ ((scalar & 0x3FF) << 10 | codeUnit(source, at) & 0x3FF)
                    at &+= 6
                }
                // Six bytes of escape make at most three of UTF-8, twelve make four: the capacity always suffices.
                for unit in UTF8.encode(Unicode.Scalar(scalar) ?? "\u{FFFD}") ?? .init() {
                    target[written] = unit
                    written &+= 1
                }
            }
            return written
        }
    }

    private static func unescaped(_ letter: UInt8) -> UInt8 {
        switch letter {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: letter
        }
    }

    private static func codeUnit(_ source: UnsafeBufferPointer<UInt8>, _ backslash: Int) -> UInt32 {
        var unit: UInt32 = 0
        for index in (backslash &+ 2)..<(backslash &+ 6) {
            unit = unit << 4 | (StringScanner.hexDigit(source[index]) ?? 0)
        }
        return unit
    }
}
