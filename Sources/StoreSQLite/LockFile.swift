import Glibc
import Scoring
import Synchronization

/// An advisory lock beside the database: one process at a time serves a file. The kernel drops it with the process,
/// however that ends, so a stale file never stands in the way.
final class LockFile: Sendable {
    private let descriptor: Mutex<CInt?>

    /// - Throws: ``StoreError/Code/unavailable`` when another process, or another store in this one, holds it.
    init(beside path: String) throws(StoreError) {
        let descriptor = open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            let code: StoreError.Code = errno == EROFS || errno == EACCES ? .readOnly : .unavailable
            throw StoreError(code, "open the lock file beside the database: errno \(errno)")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw StoreError(
                .unavailable, "the database is in use: another Leadwire serves this file; give this one its own",
                reason: .locked)
        }
        self.descriptor = Mutex(descriptor)
    }

    func release() {
        let held = descriptor.withLock { held in
            defer { held = nil }
            return held
        }
        if let held { close(held) }
    }

    deinit { release() }
}
