import Leads
import Learning
import Scoring

/// The profile, and the model that would serve with it.
struct ModelCheck: DoctorCheck {
    let configuration: ServeConfiguration

    private static let subject = "model"

    func run() async -> [Finding] {
        let profile: AgencyProfile
        do {
            profile = try configuration.text(.profile).map(ServeProfile.load(from:)) ?? AgencyProfile()
        } catch {
            return [Finding("profile", "readable", .broken, error.description, advice: "correct it")]
        }
        do {
            let model = try ServeCommand.model(configuration, profile: profile)
            let name = configuration.text(.model) ?? "the prior (no model of your own yet)"
            guard try ScoringEngine.passesSelfTest(model) else {
                return [
                    Finding(
                        Self.subject, "self-test", .broken, "\(name): a fixed row gave other bits the second time",
                        advice: "test this machine's memory")
                ]
            }
            return [
                Finding(Self.subject, "loads", .well, "\(name), \(model.kind.rawValue) \(model.version)"),
                Finding(Self.subject, "self-test", .well, "a fixed row gives the same bits again"),
                measured(model),
            ]
        } catch {
            let advice = "train or import it again, or name another by --model"
            return [Finding(Self.subject, "loads", .broken, "\(error)", advice: advice)]
        }
    }

    /// A model has no day on which it expires; how well it was measured, and on what, is on its card.
    private func measured(_ model: ModelArtifact) -> Finding {
        if model.kind == .prior {
            return Finding(
                Self.subject, "measured", .well, "assumptions, not learned",
                advice: "train one from your own closings: leadwire train")
        }
        let window = model.card.windowTo.map { ", trained on rows up to \($0)" } ?? ""
        guard model.card.holdout.figures != nil else {
            return Finding(
                Self.subject, "measured", .warning, "no hold-out was measured\(window)",
                advice: "measure it: leadwire evaluate")
        }
        return Finding(Self.subject, "measured", .well, "on rows held out\(window)")
    }
}
