import Foundation

/// For what blocks and happens once: a thread that ends with it.
enum OwnThread {
    static func run<Value: Sendable>(
        named name: String, _ body: @escaping @Sendable () -> Value
    ) async -> Value {
        await withCheckedContinuation { caller in
            let thread = Thread { caller.resume(returning: body()) }
            thread.name = name
            thread.start()
        }
    }
}
