import Foundation
import Glibc

/// Makes room for everybody else: the whole process runs only where a core has nothing better to do, and on one core.
enum BackgroundPriority {
    /// For every thread that there is; those that they make later are made like them. What the system refuses is left as
    /// it is: a training that is less polite is a training still.
    static func lower() {
        leaveSession()
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
        let core = CoreSet.last
        for thread in threads.compactMap({ pid_t($0) }) {
            _ = setpriority(CInt(PRIO_PROCESS.rawValue), id_t(thread), 19)
            var parameters = sched_param()
            parameters.sched_priority = 0
            _ = sched_setscheduler(thread, idlePolicy, &parameters)
            core?.hold(thread)
        }
    }

    /// Linux weighs sessions against each other before it weighs the processes in them (sched(7), autogroup): a training in
    /// the server's session would use up what the server, which mostly waits, has in hand when a lead comes. Not from a
    /// terminal, whose Ctrl-C has to reach us; and a leader of a process group may not leave.
    private static func leaveSession() {
        let left = isatty(STDERR_FILENO) == 0 && setsid() >= 0
        guard left || getsid(0) == getpid() else { return }
        let file = open("/proc/self/autogroup", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        defer { close(file) }
        _ = write(file, "19", 2)
    }

    /// `SCHED_IDLE` of <linux/sched.h>, below every nice value; a macro that Swift does not import.
    private static let idlePolicy: CInt = 5
}

/// A set of cores as sched_setaffinity(2) takes it. Glibc declares the calls for GNU programs only, so they are looked up
/// by name.
private struct CoreSet {
    private typealias Call = @convention(c) (pid_t, Int, UnsafeMutableRawPointer) -> CInt

    private var bytes: [UInt8]

    /// The highest of the cores that this process may use, alone; nil where the system doesn't say.
    static var last: CoreSet? {
        // Room for 1,024 cores, as cpu_set_t has.
        var bytes = [UInt8](repeating: 0, count: 128)
        guard let get = call("sched_getaffinity") else { return nil }
        bytes.withUnsafeMutableBytes { buffer in
            if let base = buffer.baseAddress { _ = get(0, buffer.count, base) }
        }
        guard let last = bytes.lastIndex(where: { $0 != 0 }) else { return nil }
        let highest = UInt8(1) << UInt8(7 - bytes[last].leadingZeroBitCount)
        for index in bytes.indices { bytes[index] = index == last ? highest : 0 }
        return CoreSet(bytes: bytes)
    }

    func hold(_ thread: pid_t) {
        guard let set = Self.call("sched_setaffinity") else { return }
        var bytes = bytes
        bytes.withUnsafeMutableBytes { buffer in
            if let base = buffer.baseAddress { _ = set(thread, buffer.count, base) }
        }
    }

    private static func call(_ name: String) -> Call? {
        dlsym(nil, name).map { unsafeBitCast($0, to: Call.self) }
    }
}
