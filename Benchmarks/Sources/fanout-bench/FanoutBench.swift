import Glibc
import NIOCore
import NIOPosix
import Realtime

/// The hub behind a bare WebSocket port, obeying one command a line from standard input and answering each with a
/// line of JSON:
///
/// - `publish EVENTS FIRST`: one `hub.publish` of EVENTS events of 300 bytes, stamped with sequence numbers from FIRST on;
///   answered when every write was tried.
/// - `figures`: what the hub counted, so that a run in which a reader fell behind can be thrown away.
///
/// Ends with its input. One event loop; who runs it pins it to a core.
@main
struct FanoutBench {
    static func main() async throws {
        raiseFileLimit()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var configuration = HubConfiguration()
        configuration.node = "bench"
        let hub = Hub(group: group, configuration: configuration)
        hub.setPosition(of: Publisher.tenant, epoch: Publisher.epoch, offset: 0)
        let port = try await FanoutServer(group: group, hub: hub).listen()
        answer("{\"event\":\"listening\",\"port\":\(port)}")
        let publisher = Publisher(hub: hub, loop: group.next())
        // Blocking here is fine: nothing else of this program runs on the main thread.
        while let line = readLine() {
            let words = line.split(separator: " ")
            let numbers = words.dropFirst().compactMap { UInt64($0) }
            switch (words.first, numbers.count) {
            case ("publish", 2):
                try await publisher.publish(events: numbers[0], first: numbers[1])
                answer("{\"event\":\"published\"}")
            case ("figures", 0):
                let metrics = await hub.metrics()
                answer(
                    "{\"event\":\"figures\",\"connections\":\(metrics.connections.active),"
                        + "\"delivered\":\(metrics.eventsDelivered),\"fell_behind\":\(metrics.fellBehind),"
                        + "\"gaps\":\(metrics.gaps),\"slow_closes\":\(metrics.slowCloses)}")
            default:
                answer("{\"event\":\"failed\",\"why\":\"unknown command\"}")
            }
        }
        try await group.shutdownGracefully()
    }

    /// Not `print`, which keeps its lines while standard output is a pipe.
    private static func answer(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = write(STDOUT_FILENO, bytes, bytes.count)
    }

    private static func raiseFileLimit() {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
