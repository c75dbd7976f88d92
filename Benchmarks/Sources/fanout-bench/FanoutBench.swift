import Glibc
import NIOCore
import NIOPosix
import Realtime

/// The hub behind a bare WebSocket port, obeying one command a line from standard input and answering each with a
/// line of JSON:
///
/// - `publish TICKS EVENTS INTERVAL FIRST`: TICKS times one `hub.publish` of EVENTS events, stamped with sequence
///   numbers from FIRST on, the next no sooner than INTERVAL µs after the one before and not before every delivery
///   of the one before was written. One event of each tick is 300 bytes of text.
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
        var publisher = Publisher(hub: hub, loop: group.next())
        // Blocking here is fine: nothing else of this program runs on the main thread.
        while let line = readLine() {
            let words = line.split(separator: " ")
            let numbers = words.dropFirst().compactMap { UInt64($0) }
            switch (words.first, numbers.count) {
            case ("publish", 4):
                let before = cpuSeconds()
                try await publisher.publish(
                    ticks: numbers[0], events: numbers[1], intervalMicroseconds: numbers[2], first: numbers[3])
                let after = cpuSeconds()
                answer(
                    "{\"event\":\"published\",\"user_seconds\":\(after.user - before.user),"
                        + "\"system_seconds\":\(after.system - before.system)}")
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

    /// Of the whole process.
    private static func cpuSeconds() -> (user: Double, system: Double) {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return (seconds(usage.ru_utime), seconds(usage.ru_stime))
    }
}
