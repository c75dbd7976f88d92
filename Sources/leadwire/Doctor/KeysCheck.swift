import LeadwireServer
import Scoring

/// What a start in this mode would refuse, and in JWT mode the keys.
struct KeysCheck: DoctorCheck {
    let settings: ServerSettings

    func run() async -> [Finding] {
        if let refusal = settings.refusal {
            return [Finding("settings", "start", .broken, "serve refuses to start with them", advice: refusal)]
        }
        switch settings.authentication {
        case .local: return [Finding("keys", "mode", .well, "local: everyone on this machine is administrator")]
        case .jwt: return await AccessExamination(settings.access).run()
        }
    }
}
