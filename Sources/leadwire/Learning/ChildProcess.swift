import Foundation
import Glibc
import Synchronization

/// This program again with other arguments, in a session of its own, so that the scheduler weighs it apart from its parent.
///
/// Foundation's `Process` can't do that: it makes the child lead a group, and a leader may not begin a session.
final class ChildProcess: Sendable {
    /// What became of it.
    struct Ending: Sendable {
        /// The exit code; minus the signal that ended it.
        var status: CInt
        /// The first MiB of each.
        var output: [UInt8]
        var complaints: [UInt8]
    }

    private static let maximumBytes = 1 << 20

    private let pid: pid_t
    private let output: CInt
    private let complaints: CInt
    private let hasEnded = Mutex(false)

    /// - Throws: ``CommandFailure`` when it can't be started.
    init(arguments: [String], environment: [String: String]) throws(CommandFailure) {
        var (out, complaint): ([CInt], [CInt]) = ([-1, -1], [-1, -1])
        guard pipe(&out) == 0 else { throw CommandFailure("no pipe: \(String(cString: strerror(errno)))") }
        guard pipe(&complaint) == 0 else {
            for end in out { close(end) }
            throw CommandFailure("no pipe: \(String(cString: strerror(errno)))")
        }
        for end in out + complaint { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (output, complaints) = (out[0], complaint[0])
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, complaint[1], STDERR_FILENO)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        // A server ignores the signals that it handles otherwise, and a child would inherit that.
        var signals = sigset_t()
        sigemptyset(&signals)
        for signal in [SIGTERM, SIGINT, SIGPIPE, SIGXFSZ] { sigaddset(&signals, signal) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        var blocked = sigset_t()
        sigemptyset(&blocked)
        posix_spawnattr_setsigmask(&attributes, &blocked)
        let flags = Self.newSession | CInt(POSIX_SPAWN_SETSIGDEF) | CInt(POSIX_SPAWN_SETSIGMASK)
        posix_spawnattr_setflags(&attributes, Int16(flags))
        let words = (["leadwire"] + arguments).map { strdup($0) } + [nil]
        let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        var pid: pid_t = 0
        let failure = posix_spawn(&pid, "/proc/self/exe", &actions, &attributes, words, variables)
        for text in words + variables { free(text) }
        posix_spawn_file_actions_destroy(&actions)
        posix_spawnattr_destroy(&attributes)
        close(out[1])
        close(complaint[1])
        self.pid = pid
        guard failure == 0 else {
            close(output)
            close(complaints)
            throw CommandFailure("the process can't be started: \(String(cString: strerror(failure)))")
        }
    }

    /// Waits until it has ended. To be called once.
    func ending() async -> Ending {
        // A thread each: a pipe that is full would hold the child.
        async let said = Self.onOwnThread { [output] in Self.read(output) }
        async let complained = Self.onOwnThread { [complaints] in Self.read(complaints) }
        let (output, complaints) = (await said, await complained)
        let status = await Self.onOwnThread { self.wait() }
        return Ending(status: status, output: output, complaints: complaints)
    }

    /// Asks it to end; nothing where it has.
    func end() {
        hasEnded.withLock { if !$0 { kill(pid, SIGTERM) } }
    }

    private func wait() -> CInt {
        // Without reaping it, so that its number stays its own until nobody can signal it any more.
        var information = siginfo_t()
        while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        return hasEnded.withLock { hasEnded in
            hasEnded = true
            var status: CInt = 0
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
            let signal = status & 0x7F
            return signal == 0 ? (status >> 8) & 0xFF : -signal
        }
    }

    private static func onOwnThread<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: work()) }
        }
    }

    private static func read(_ descriptor: CInt) -> [UInt8] {
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return bytes }
            if bytes.count < maximumBytes { bytes += chunk[..<count] }
        }
    }

    /// `POSIX_SPAWN_SETSID` of <spawn.h>, which is declared for GNU programs only.
    private static let newSession: CInt = 0x80
}
