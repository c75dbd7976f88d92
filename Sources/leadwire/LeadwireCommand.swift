import ArgumentParser

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The command line. Data goes to the standard output and everything else to the standard error; a run that succeeds
/// exits with 0, one that fails with 1, and one that was asked for something impossible with 2.
@main
struct LeadwireCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "leadwire",
        abstract: "Scores every lead the moment it arrives, says why, and streams the score.",
        subcommands: [
            ServeCommand.self, TrainCommand.self, ScoreCommand.self, PredictCommand.self, EvaluateCommand.self,
            ReportCommand.self, ImportModelCommand.self, ModelsCommand.self, BackfillCommand.self, SimulateCommand.self,
            OpenAPICommand.self, TokenCommand.self, DoctorCommand.self, NewEpochCommand.self,
        ])

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let failure as CommandFailure {
            Terminal.say("leadwire: \(failure.message)")
            Self.end(failure.code)
        } catch {
            let text = fullMessage(for: error)
            let isClean = exitCode(for: error) == .success
            if !text.isEmpty {
                if isClean { Terminal.print(text) } else { Terminal.say(text) }
            }
            // ArgumentParser exits with EX_USAGE (64) for wrong usage; programs here say 2.
            Self.end(isClean ? 0 : exitCode(for: error) == .validationFailure ? 2 : 1)
        }
    }

    private static func end(_ code: Int32) -> Never {
        Glibc.exit(code)
    }
}
