import Scoring

/// One part of an installation that `leadwire doctor` looks at. Adding a part is adding a conformance and naming it in
/// ``DoctorCommand``'s list.
protocol DoctorCheck: Sendable {
    /// Bounded in time; changes nothing that is not taken back.
    func run() async -> [Finding]
}
