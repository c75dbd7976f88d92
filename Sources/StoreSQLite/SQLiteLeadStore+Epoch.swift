import Foundation
import GRDB
public import Scoring

extension SQLiteLeadStore {
    /// Gives each tenant's log a new epoch: after an older state of the file was restored its offsets would be given
    /// again, to other events. Clients then hear `reset` instead of missing what they believe to have. No server may
    /// have the file open.
    ///
    /// - Returns: how many logs.
    /// - Throws: `notFound` where there is no file, `unavailable` while a server has it, and as opening does.
    public static func renewEpochs(
        path: String, configuration: StoreConfiguration = StoreConfiguration()
    ) throws(StoreError) -> Int {
        guard FileManager.default.fileExists(atPath: path) else {
            throw StoreError(.notFound, "\(path) is not there")
        }
        let lock = try LockFile(beside: path)
        defer { lock.release() }
        do {
            let pool = try DatabaseFile.open(path: path, configuration: configuration)
            let count = try pool.write { database in
                let tenants = try Int64.fetchAll(database, sql: "SELECT id FROM tenants")
                for tenant in tenants {
                    try database.run("UPDATE tenants SET epoch = ? WHERE id = ?", [TenantLog.makeEpoch(), tenant])
                }
                return tenants.count
            }
            try pool.close()
            return count
        } catch {
            throw StoreError("begin new epochs", error)
        }
    }
}
