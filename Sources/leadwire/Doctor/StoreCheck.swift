import Scoring
import StorePostgres
import StoreSQLite

/// The store that `leadwire serve` would open.
struct StoreCheck: DoctorCheck {
    let store: ServeStore

    func run() async -> [Finding] {
        switch store {
        case .file(let path, _): await SQLiteExamination(path: path).run()
        case .postgres(let address, let settings):
            await PostgresExamination(address, configuration: settings).run()
        }
    }
}
