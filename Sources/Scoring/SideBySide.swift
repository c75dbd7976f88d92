#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Work on stretches of a list at the same time, for what takes longer than starting a task.
enum SideBySide {
    /// Fewer items than this are not worth a task.
    private static let smallestStretch = 8
    private static let processors = max(1, sysconf(CInt(_SC_NPROCESSORS_ONLN)))

    /// What `work` makes of each stretch, in the order of the items: one stretch a processor at most.
    static func map<Item: Sendable, Value: Sendable>(
        _ items: [Item], _ work: @escaping @Sendable (ArraySlice<Item>) -> [Value]
    ) async -> [Value] {
        let count = min(processors, items.count / smallestStretch)
        guard count > 1 else { return work(items[...]) }
        return await withTaskGroup(of: (Int, [Value]).self) { group in
            for number in 0..<count {
                let stretch = items[items.count * number / count..<items.count * (number + 1) / count]
                group.addTask { (number, work(stretch)) }
            }
            var parts = [[Value]](repeating: [], count: count)
            for await (number, values) in group { parts[number] = values }
            return parts.flatMap { $0 }
        }
    }
}
