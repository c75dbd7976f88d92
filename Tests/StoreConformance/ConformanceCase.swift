public import Testing

/// One promise of ``LeadStore``, as a sentence and the steps that would break it. Every implementation runs them all:
///
/// ```swift
/// @Test(arguments: ConformanceCase.all) func `keeps the promise`(_ promise: ConformanceCase) async throws {
///     try await promise.check(MyHarness())
/// }
/// ```
public struct ConformanceCase: Sendable, CustomTestStringConvertible {
    public let sentence: String
    /// Wants a harness whose storage nobody else uses.
    public let check: @Sendable (any StoreHarness) async throws -> Void

    init(_ sentence: String, check: @escaping @Sendable (any StoreHarness) async throws -> Void) {
        self.sentence = sentence
        self.check = check
    }

    public var testDescription: String { sentence }

    /// The whole suite.
    public static var all: [ConformanceCase] {
        commits + scores + ranking + eventLog + rights + outcomes + concurrency + models + labels
    }
}
