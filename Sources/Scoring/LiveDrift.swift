import Leads
import Learning
import Synchronization

/// What comes in now beside what the model was measured on: for each tenant the scored rows of the last seven days, bin by
/// bin. It begins anew with the process and with another model, and is then told once what the store knows of the days before.
final class LiveDrift: Sendable {
    fileprivate static let days = 7
    private static let dayMilliseconds: Int64 = 86_400_000
    /// Over this many tenants the one that was quiet longest is forgotten.
    private static let maximumTenants = 1_024

    fileprivate struct Watched {
        var modelSHA256: String
        /// By day, oldest first.
        var windows: [(day: Int64, window: DriftWindow)] = []
        /// From here on every score of this process was counted.
        var since: Timestamp
        var isRecalled = false
        var lastAt: Timestamp

        init(_ model: LoadedModel, at now: Timestamp) {
            modelSHA256 = model.identity.sha256
            since = now
            lastAt = now
        }
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
                tenants[tenant] = Watched(model, at: now)
            }
            tenants[tenant]?.lastAt = now
            tenants[tenant]?.add(row, margin: margin, unseen: unseen, model: model, day: day)
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

    /// The first and the last moment of the scores that a tenant's window lacks, because they were made before this process or
    /// by another model; nil where it has been told of them.
    func gap(of tenant: Tenant, model: LoadedModel) -> ClosedRange<Timestamp>? {
        tenants.withLock { tenants in
            guard let watched = tenants[tenant], watched.modelSHA256 == model.identity.sha256, !watched.isRecalled
            else { return nil }
            let today = watched.since.milliseconds / Self.dayMilliseconds
            let first = Timestamp(milliseconds: (today - Int64(Self.days) + 1) * Self.dayMilliseconds)
            return first...watched.since.advanced(by: .milliseconds(-1))
        }
    }

    /// Adds what came in before, all at once.
    func recall(_ rows: [Recalled], model: LoadedModel, tenant: Tenant) {
        tenants.withLock { tenants in
            guard tenants[tenant]?.modelSHA256 == model.identity.sha256 else { return }
            for row in rows {
                tenants[tenant]?.add(
                    row.values, margin: row.margin, unseen: row.unseen, model: model,
                    day: row.at.milliseconds / Self.dayMilliseconds)
            }
            tenants[tenant]?.isRecalled = true
        }
    }

    /// A stored score as the model sees it now.
    struct Recalled: Sendable {
        var values: [Float]
        var margin: Float
        var unseen: [Int]
        var at: Timestamp
    }

    var watched: [Tenant] { tenants.withLock { Array($0.keys) } }
}

extension LiveDrift.Watched {
    fileprivate mutating func add(
        _ row: [Float], margin: Float, unseen: [Int], model: LoadedModel, day: Int64
    ) {
        var place = windows.firstIndex { $0.day >= day } ?? windows.count
        if place == windows.count || windows[place].day != day {
            windows.insert((day, DriftWindow(model.artifact)), at: place)
            if windows.count > LiveDrift.days {
                windows.removeFirst()
                // Older than all seven: it is what was forgotten.
                guard place > 0 else { return }
                place -= 1
            }
        }
        windows[place].window.add(row: row.span, margin: margin, unseen: unseen)
    }
}
