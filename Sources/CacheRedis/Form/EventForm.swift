import Leads
import Scoring

/// An event of the log as one field of a stream's entry; its offset is the entry's id, its tenant the stream's.
enum EventForm {
    static let version: UInt8 = 1

    static func bytes(of committed: CommittedEvent) -> [UInt8] {
        let event = committed.event
        var writer = ByteWriter(reserving: event.data.count + 160)
        writer.write(byte: version)
        writer.write(committed.epoch)
        writer.write(event.type.rawValue)
        writer.write(event.id)
        writer.write(fixed: UInt64(bitPattern: event.timestamp.milliseconds))
        writer.write(event.data)
        writer.write(event.leadID)
        return writer.bytes
    }

    /// Throws for another version and for damage: the event is then read from the store.
    static func event(_ bytes: [UInt8], tenant: Tenant, offset: UInt64) throws(DamagedForm) -> CommittedEvent {
        guard bytes.first == version else { throw DamagedForm() }
        var reader = ByteReader(bytes.dropFirst())
        let epoch = try reader.text()
        let type: EventType = try reader.word()
        let id = try reader.text()
        let timestamp = Timestamp(milliseconds: Int64(bitPattern: try reader.fixed()))
        let event = NewEvent(
            tenant: tenant, type: type, id: id, timestamp: timestamp, data: try reader.block(),
            leadID: try reader.optionalText())
        guard reader.isAtEnd else { throw DamagedForm() }
        return CommittedEvent(event: event, offset: offset, epoch: epoch)
    }
}
