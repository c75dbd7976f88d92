import NIOCore

/// A reader that is behind: slow, or resuming. It is not sent to by the fan-out; it reads the log at its own pace from
/// `cursor` on and becomes live when it has arrived.
final class CatchUp {
    /// Nothing up to `through` can be had; nil: what memory has lost.
    struct Loss {
        let through: UInt64?
        let reason: GapReason
    }

    /// Everything wanted up to here was written, or announced as lost.
    var cursor: UInt64
    /// Per name: nothing at or below is sent again, because it was had before, was not asked for, or is announced lost.
    var floors = InlineArray<12, UInt64>(repeating: 0)
    /// The client asked for it with `since`; a replay is not a fault and conflates nothing.
    var isReplay = false
    let startedAt: NIODeadline
    /// When something could last be written.
    var progressedAt: NIODeadline
    /// From the history, not yet looked at; shared with whoever asked for the same.
    var page: ArraySlice<HistoryItem> = []
    /// Found out with the page, to be announced before it.
    var loss: Loss?
    var isFetching = false
    /// The loop will come back by itself.
    var isScheduled = false
    /// The history has nothing more for what memory has lost.
    var historyEnded = false

    init(cursor: UInt64, at now: NIODeadline) {
        self.cursor = cursor
        startedAt = now
        progressedAt = now
    }

    /// The first offset of a name that may still be missing, less one.
    func through(_ name: EventName) -> UInt64 { max(cursor, floors[name.index]) }
}
