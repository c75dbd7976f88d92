import Glibc
import NIOCore

/// The socket under a channel, for writes that need nothing of NIO: of the 10 µs that a delivery to one reader costs,
/// NIO's pipeline and write queue are 2 and the kernel is most of the rest.
///
/// The order of bytes is kept by one rule: the socket is written to only while NIO holds none of the channel's bytes.
/// What the kernel does not take goes through NIO, which waits for the socket as always and tells of errors.
struct DirectSocket {
    /// Belongs to the channel. Negative when there is none, or no longer: a closed number may be another's at once.
    private var descriptor: CInt = -1
    /// NIO held nothing when it was last asked, and was given nothing since.
    private(set) var isReady = false

    static let none = DirectSocket()

    private init() {}

    /// `none` where the channel has no socket. On its loop.
    init(of channel: any Channel) {
        let handle = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self, { $0 })
        descriptor = handle.flatMap { $0 } ?? -1
    }

    /// Asks `bufferedBytes` only when it must. False: write through NIO, and say so with `yield`.
    mutating func prepare(bufferedBytes: () -> Int) -> Bool {
        if !isReady { isReady = descriptor >= 0 && bufferedBytes() == 0 }
        return isReady
    }

    /// NIO is given bytes.
    mutating func yield() { isReady = false }

    /// The channel is closed.
    mutating func close() { self = .none }

    /// How many of the bytes the kernel took: 0 also for an error, which NIO meets when it is given the rest.
    func send(_ bytes: ByteBuffer) -> Int {
        let descriptor = descriptor
        return bytes.withUnsafeReadableBytes { bytes in
            max(0, Glibc.send(descriptor, bytes.baseAddress, bytes.count, CInt(MSG_DONTWAIT | MSG_NOSIGNAL)))
        }
    }
}
