import GRDB
import Scoring

/// SQLite's words for a failure, put into ours. Nothing of SQL or of its arguments gets through.
extension StoreError {
    init(_ action: StaticString, _ error: any Error) {
        switch error {
        case let error as StoreError:
            self = error
        case let error as DatabaseError:
            self.init(
                StoreError.code(of: error.resultCode), "\(action): SQLite \(error.extendedResultCode)",
                reason: StoreError.reason(of: error.resultCode))
        case is CancellationError:
            self.init(.unavailable, "\(action): cancelled by the caller")
        default:
            self.init(.other, "\(action): \(type(of: error))")
        }
    }

    /// The table of <https://www.sqlite.org/rescode.html>, primary codes.
    static func code(of result: ResultCode) -> Code {
        switch result.primaryResultCode {
        case .SQLITE_FULL: .full
        case .SQLITE_READONLY: .readOnly
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: .corrupt
        case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_CANTOPEN, .SQLITE_IOERR, .SQLITE_NOMEM, .SQLITE_INTERRUPT,
            .SQLITE_PROTOCOL, .SQLITE_PERM, .SQLITE_AUTH, .SQLITE_MISUSE:
            .unavailable
        default: .other
        }
    }

    private static func reason(of result: ResultCode) -> Reason? {
        switch result.primaryResultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED: .locked
        case .SQLITE_IOERR, .SQLITE_CANTOPEN: .ioError
        default: nil
        }
    }

    /// True for what one caller's data can cause, so that its neighbours in the group deserve a try of their own. A
    /// lock, an I/O error or damage meets them all alike.
    var mayBeOneCallers: Bool { code == .full || code == .other }
}
