import Glibc
import NIOCore
import Realtime

/// Events as the client checks them: a sequence number, and the moment they were handed over.
struct Publisher {
    static let tenant = "bench"
    static let epoch = "bench"
    /// Of the whole JSON text, without the frame's header.
    static let textBytes = 300
    private static let timestamp = "2026-11-25T12:00:00.000Z"

    let hub: Hub
    let loop: any EventLoop

    /// One tick. Returns when every write of it has been tried. Sequence numbers are offsets: the hub drops what comes
    /// twice.
    func publish(events: UInt64, first: UInt64) async throws {
        hub.publish((0..<events).map { Self.publication(first + $0) })
        // The hub's own task is in front of this one.
        try await loop.submit {}.get()
    }

    private static func publication(_ sequence: UInt64) -> Publication {
        let id = "event-\(sequence)"
        // The envelope that `Publication` adds; the client is asked how long a message really was.
        let before = #"{"event_type":"lead_scored","data":"#
        let after = #","timestamp":"\#(timestamp)","id":"\#(id)","offset":\#(sequence),"epoch":"\#(epoch)"}"#
        var data = Array(#"{"sequence":\#(sequence),"sent_ns":\#(nanosecondsNow()),"pad":""#.utf8)
        let envelope = before.utf8.count + after.utf8.count
        data.append(contentsOf: repeatElement(UInt8(ascii: "x"), count: textBytes - envelope - data.count - 2))
        data += Array("\"}".utf8)
        return Publication(
            tenant: tenant, name: .leadScored, epoch: epoch, offset: sequence, id: id, timestamp: timestamp, data: data)
    }

    private static func nanosecondsNow() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
