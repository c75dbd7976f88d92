import Glibc

/// How many files and sockets this process may have open, and how many of them may be readers of the stream.
public enum DescriptorLimit {
    /// Kept for files, HTTP requests and the store: a server full of readers must still answer who asks why.
    static let reserve = 256

    /// Takes the most that the process may have (the hard limit).
    ///
    /// - Returns: the limit in force from now on.
    public static func raise() -> Int {
        let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(kind, &limit) == 0 else { return reserve + 1 }
        var raised = limit
        raised.rlim_cur = limit.rlim_max
        // What can't be raised stays as it was.
        let inForce = setrlimit(kind, &raised) == 0 ? raised.rlim_cur : limit.rlim_cur
        return Int(clamping: inForce)
    }

    /// The readers that `descriptors` leave room for, at most as many as wanted and at least one.
    public static func connections(wanted: Int, descriptors: Int) -> Int {
        max(1, min(wanted, descriptors - reserve))
    }
}
