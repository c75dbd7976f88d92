import NIOCore

#if canImport(Glibc)
    import Glibc
#endif

/// The way out to one reader: takes bytes that are ready for the wire. Confined to the reader's loop.
protocol SubscriberSink: AnyObject {
    var transport: Transport { get }
    /// False from the high watermark on until the backlog has shrunk to the low one.
    var isWritable: Bool { get }
    /// Not for the hot path.
    var bufferedBytes: Int { get }
    /// The peer has begun a message and not finished it.
    var isInsideMessage: Bool { get }
    func write(_ bytes: ByteBuffer)
    func close(_ code: CloseCode, deadline: TimeAmount?)
    func abort()
}

extension WebSocketHandler: SubscriberSink {
    var transport: Transport { .webSocket }
}

extension Channel {
    /// For a long life of small writes: watermarks of 16 and 64 KiB, small receive buffers, one read per wake-up.
    func tuneForStreaming() {
        guard let options = syncOptions else { return }
        try? options.setOption(.writeBufferWaterMark, value: .init(low: 16 << 10, high: 64 << 10))
        try? options.setOption(
            .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 64, initial: 512, maximum: 16 << 10))
        try? options.setOption(.maxMessagesPerRead, value: 1)
    }

    /// Ends the connection when the peer has acknowledged nothing for so long (RFC 5482; Linux's TCP_USER_TIMEOUT):
    /// a peer that vanished without a word is found by the heartbeat that nobody takes.
    func limitAcknowledgement(to limit: TimeAmount) {
        #if canImport(Glibc)
            let option = ChannelOptions.Types.SocketOption(level: .tcp, name: .init(rawValue: TCP_USER_TIMEOUT))
            try? syncOptions?.setOption(option, value: .init(limit.nanoseconds / 1_000_000))
        #endif
    }
}
