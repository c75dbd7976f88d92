import Foundation
import Glibc

/// Makes room for everybody else: the process runs where a core has nothing better to do, and with about a tenth of one
/// where none has, so that a training on a machine that never rests ends all the same.
enum BackgroundPriority {
    /// For every thread that there is; those that they make later are made like them. What the system refuses is left as
    /// it is: a training that is less polite is a training still.
    static func lower() {
        lowerSession()
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
        for thread in threads.compactMap({ pid_t($0) }) {
            _ = setpriority(CInt(PRIO_PROCESS.rawValue), id_t(thread), 19)
        }
    }

    /// Linux weighs sessions against each other before it weighs the processes in them (sched(7), autogroup): a training in
    /// the server's session would use up what the server, which mostly waits, has in hand when a lead comes. Not from a
    /// terminal, whose Ctrl-C has to reach us; and a leader of a process group may not leave.
    private static func lowerSession() {
        let left = isatty(STDERR_FILENO) == 0 && setsid() >= 0
        guard left || getsid(0) == getpid() else { return }
        let file = open("/proc/self/autogroup", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        defer { close(file) }
        _ = write(file, "10", 2)
    }
}
