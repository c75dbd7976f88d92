import ArgumentParser
import Foundation
import Leads
import LeadwireServer
import Scoring

/// `leadwire simulate`.
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Post invented leads, labelled as such, to a running server.",
        discussion: """
            Nobody among them exists: every id begins with sim_, every name ends with (simulated), and the custom \
            field simulated is true. The same seed gives the same leads.

            Example:
              leadwire simulate --url http://127.0.0.1:8000 --rate 1 --count 100
            """)

    @Option(help: "Address of the server.") var url = "http://127.0.0.1:8000"
    @Option(help: "Token; by default the development token of local mode.") var token = "test_token"
    @Option(help: "Leads a second, up to 1000.") var rate = 1.0
    @Option(help: "How many leads, up to 1000000.") var count = 100
    @Option(help: "Same seed, same leads.") var seed: UInt64 = 1
    @Flag(help: "One JSON line a lead on standard output.") var json = false

    func validate() throws {
        guard rate > 0, rate <= 1_000 else { throw ValidationError("--rate must be above 0 and at most 1000") }
        guard (1...1_000_000).contains(count) else { throw ValidationError("--count must be from 1 to 1000000") }
        guard endpoint != nil else { throw ValidationError("--url must be an http or https address") }
    }

    private var endpoint: URL? {
        guard let base = URL(string: url), base.scheme == "http" || base.scheme == "https", base.host != nil
        else { return nil }
        return base.appendingPathComponent("api/v1/ml/score")
    }

    func run() async throws {
        guard let endpoint else { throw CommandFailure("--url must be an http or https address", code: 2) }
        let simulator = LeadSimulator(seed: seed)
        let clock = SystemClock()
        let client = SimulateClient(endpoint: endpoint, token: token)
        let started = ContinuousClock.now
        var refused = 0
        for index in 0..<count {
            try await Task.sleep(until: started + .seconds(Double(index) / rate), clock: .continuous)
            let lead = simulator.lead(index, at: clock.now)
            let answer = try await client.post(LeadDocument.encode(lead))
            if answer.status != 200 { refused += 1 }
            report(lead.id, answer, done: index + 1, since: started)
        }
        if Terminal.isInteractive { note("\n") }
        if refused > 0 { throw CommandFailure("\(refused) of \(count) leads were refused", code: 1) }
    }

    private func report(_ id: String, _ answer: SimulateClient.Answer, done: Int, since start: ContinuousClock.Instant)
    {
        if json {
            Terminal.printJSON(Array(answer.body))
        } else if answer.status != 200 {
            note("\(id): HTTP \(answer.status)\n")
        }
        guard Terminal.isInteractive else { return }
        let elapsed = (ContinuousClock.now - start) / .seconds(1)
        let pace = elapsed > 0 ? Double(done) / elapsed : 0
        let left = Double(count - done) / rate
        note("\r\(done)/\(count) invented leads, \(rounded(pace)) a second, \(Int(left.rounded(.up))) s left   ")
    }

    private func rounded(_ value: Double) -> Double { (value * 10).rounded() / 10 }

    private func note(_ text: String) { Terminal.write(text, to: STDERR_FILENO) }
}
