/// One question that was put to a part of an installation, what was found, and what to do about it. Holds no lead data
/// and no secret.
public struct Finding: Sendable, Hashable {
    public enum Verdict: String, Sendable, Hashable, CaseIterable { case well, warning, broken }

    /// The part: `database`, `data folder`, `model`.
    public var subject: String
    /// What was asked of it.
    public var question: String
    public var verdict: Verdict
    public var found: String
    /// What the reader should do; nil where nothing needs doing.
    public var advice: String?

    public init(_ subject: String, _ question: String, _ verdict: Verdict, _ found: String, advice: String? = nil) {
        self.subject = subject
        self.question = question
        self.verdict = verdict
        self.found = found
        self.advice = advice
    }
}
