/// What a close code asks of a client: the table of the contract, section 3.
enum CloseClass {
    /// A close frame without a code (RFC 6455, section 7.1.5).
    static let noCode: UInt16 = 1005

    /// True for a code after which a client comes back. Everything that is not named is terminal: a client that does
    /// not know why it was sent away must not storm the server.
    static func allowsReconnect(_ code: UInt16) -> Bool {
        switch code {
        case 1001, 1006, 1011...1013, 3000...3499, 4000...4499: true
        default: false
        }
    }

    /// HTTP statuses of a refused handshake that may change by themselves.
    static func allowsRetry(status: Int) -> Bool {
        switch status {
        case 408, 425, 429, 500...599: true
        default: false
        }
    }
}
