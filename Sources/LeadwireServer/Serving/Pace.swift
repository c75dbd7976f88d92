/// What happens at a beat of its own, with nothing to wait for but time.
enum Pace {
    /// Until the task is cancelled. `interval` is asked before each beat, so that it may change.
    static func beat(every interval: () -> Duration, _ body: () async -> Void) async {
        while (try? await Task.sleep(for: interval())) != nil { await body() }
    }
}
