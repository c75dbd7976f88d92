public import NIOCore
import NIOHTTP1

/// Where the HTTP server hands a connection over after the head of a `text/event-stream` response.
///
/// There is nothing to write afterwards: the handler lives in the pipeline, `channel.closeFuture` tells the end.
public enum EventStreamConnection {
    /// How long a browser waits before it comes back, each told another time, so that not all come at once.
    private static let retryMilliseconds = 1_000...4_000

    /// Adds the hub's handler to the channel, in front of NIO's `HTTPResponseEncoder` (towards the socket), and
    /// subscribes. Call it on the channel's event loop, which must be one of the hub's group, when the head has been
    /// written and nothing else will be.
    ///
    /// `isChunked` says how the head promised the body: by `Transfer-Encoding: chunked`, or ended by the connection
    /// (HTTP/1.0). Sets the channel's watermarks (16 and 64 KiB), small receive buffers, one read per wake-up.
    ///
    /// - Throws: ``HubRefusal`` when a limit was reached since ``Hub/refusal(of:remoteAddress:)``, or what NIO throws
    ///   for a channel that has closed; close the channel.
    public static func install(
        on channel: any Channel, _ request: EventStreamRequest, isChunked: Bool, principal: Principal, hub: Hub,
        remoteAddress: SocketAddress?
    ) throws {
        channel.eventLoop.preconditionInEventLoop()
        let consumer = try hub.admit(principal, remoteAddress: remoteAddress, on: channel.eventLoop)
        let encoding = EventStreamEncoding(isChunked: isChunked)
        let handler = EventStreamHandler(
            encoding: encoding, closeDeadline: hub.configuration.closeHandshake, consumer: consumer)
        do {
            let pipeline = channel.pipeline.syncOperations
            if let encoder = try? pipeline.handler(type: HTTPResponseEncoder.self) {
                try pipeline.addHandler(handler, position: .before(encoder))
            } else {
                try pipeline.addHandler(handler)
            }
        } catch {
            consumer.closed(closeNumber: nil)
            throw error
        }
        channel.tuneForStreaming()
        channel.limitAcknowledgement(to: hub.configuration.acknowledgement)
        var retry = channel.allocator.buffer(capacity: 32)
        encoding.appendRetry(milliseconds: .random(in: retryMilliseconds), to: &retry)
        consumer.send(retry, messages: 0)
        consumer.shard.open(consumer, request)
    }
}

extension Shard {
    /// The one subscription of an event stream. It can't be changed: who wants another opens another stream.
    func open(_ consumer: Consumer, _ request: EventStreamRequest) {
        regroup(consumer, events: [], filters: [])
        whenKnown(consumer, id: nil) { self.subscribe(consumer, request.subscription, id: nil) }
    }
}
