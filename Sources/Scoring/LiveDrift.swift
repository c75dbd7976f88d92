import Leads
import Learning
import Synchronization

/// What comes in now beside what the model was measured on: for each tenant the scored rows of the last seven days, bin by
/// bin. In memory only: it begins anew with the process and with another model.
final class LiveDrift: Sendable {
    fileprivate static let days = 7
    private static let dayMilliseconds: Int64 = 86_400_000
    /// Over this many tenants the one that was quiet longest is forgotten.
    private static let maximumTenants = 1_024

    fileprivate struct Watched {
        var modelSHA256: String
        /// By day, oldest first.
        var windows: [(day: Int64, window: DriftWindow)] = []
        var lastAt: Timestamp
    }

    private let tenants = Mutex<[Tenant: Watched]>([:])

    /// One scored row; ``DriftWindow/add(row:margin:unseen:)`` says what of.
    func add(
        _ row: [Float], margin: Float, unseen: [Int], model: LoadedModel, tenant: Tenant, at now: Timestamp
    ) {
        let day = now.milliseconds / Self.dayMilliseconds
        tenants.withLock { tenants in
            if tenants[tenant]?.modelSHA256 != model.identity.sha256 {
                if tenants.count >= Self.maximumTenants, tenants[tenant] == nil,
                    let quietest = tenants.min(by: { $0.value.lastAt < $1.value.lastAt })?.key
                {
                    tenants[quietest] = nil
                }
                tenants[tenant] = Watched(modelSHA256: model.identity.sha256, lastAt: now)
            }
            tenants[tenant]?.add(row, margin: margin, unseen: unseen, model: model, day: day, at: now)
        }
    }

    /// nil before the first score.
    func report(of tenant: Tenant, at now: Timestamp) -> DriftReport? {
        let oldest = now.milliseconds / Self.dayMilliseconds - Int64(Self.days) + 1
        let windows = tenants.withLock { $0[tenant]?.windows.filter { $0.day >= oldest }.map(\.window) } ?? []
        guard var whole = windows.first else { return nil }
        for window in windows.dropFirst() { whole.merge(window) }
        return whole.report()
    }

    var watched: [Tenant] { tenants.withLock { Array($0.keys) } }
}

extension LiveDrift.Watched {
    fileprivate mutating func add(
        _ row: [Float], margin: Float, unseen: [Int], model: LoadedModel, day: Int64, at now: Timestamp
    ) {
        lastAt = now
        // A clock that went back counts into the newest day.
        if windows.last.map({ $0.day < day }) ?? true {
            windows.append((day, DriftWindow(model.artifact)))
            if windows.count > LiveDrift.days { windows.removeFirst() }
        }
        windows[windows.count - 1].window.add(row: row.span, margin: margin, unseen: unseen)
    }
}
