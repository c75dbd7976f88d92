import Hummingbird
import JSONBytes
import Leads
import NIOCore
import Scoring

extension API {
    /// `POST /batch-score/stream`: NDJSON in, NDJSON out, a line for a line and in order, any length.
    ///
    /// What arrived together is scored together; nothing more is read until its answers are written, so the client's
    /// own reading holds back its sending, and memory stays at one window of lines. Windows of all streams take turns.
    func scoreStream(_ exchange: Exchange) async throws -> Reply {
        guard admission.hasRoomForStream else { throw ScoreAdmission.refusal }
        return Reply(
            contentType: Reply.ndjson,
            body: .stream { writer in
                admission.enterStream()
                defer { admission.leaveStream() }
                var splitter = LineSplitter(limit: exchange.limits.lineBytes)
                var index = 0
                for try await buffer in exchange.body {
                    let lines = splitter.append(buffer.readableBytesView)
                    try await answer(lines, exchange, index: &index, to: &writer)
                }
                try await answer(splitter.finish(), exchange, index: &index, to: &writer)
                try await writer.finish(nil)
            })
    }

    /// Leads that are scored at once, and share a commit where the store groups them.
    private static let window = 64

    @concurrent
    private func answer(
        _ lines: [LineSplitter.Line], _ exchange: Exchange, index: inout Int, to writer: inout any ResponseBodyWriter
    ) async throws {
        var rest = lines[...]
        while !rest.isEmpty {
            var items: [BatchItem] = []
            var leadIDs = Set<String>()
            while let line = rest.first, items.count < Self.window {
                let item = Self.item(line, exchange)
                // A lead's second line waits for its first, so that its history is in the order of the lines.
                if case .request(let request) = item, !leadIDs.insert(request.leadID).inserted { break }
                items.append(item)
                rest = rest.dropFirst()
            }
            let answers = try await admission.takeTurn { await scoreTogether(items) }
            var buffer = ByteBuffer()
            for answer in answers {
                switch answer {
                case .success(let body): buffer.writeBytes(body)
                case .failure(let failure): buffer.writeBytes(Self.encode(failure, index: index))
                }
                buffer.writeInteger(UInt8(ascii: "\n"))
                index += 1
            }
            try await writer.write(buffer)
        }
    }

    private struct LineFailure: Error {
        var leadID: String?
        var error: APIError
    }

    private static func item(_ line: LineSplitter.Line, _ exchange: Exchange) -> BatchItem {
        switch line {
        case .tooLong:
            return .rejected(
                BatchFailure(
                    leadID: nil, code: ErrorCode.tooLarge.rawValue,
                    message: "the line is larger than \(exchange.limits.lineBytes) bytes"))
        case .text(let bytes):
            do throws(APIError) {
                let document = try Exchange.parse(bytes, limits: exchange.limits)
                return batchItem(document.root, tenant: exchange.tenant)
            } catch {
                return .rejected(
                    BatchFailure(
                        leadID: nil, code: error.code.rawValue, message: error.message, details: error.details))
            }
        }
    }

    private func scoreTogether(_ items: [BatchItem]) async -> [Result<[UInt8], LineFailure>] {
        await withTaskGroup(of: (Int, Result<[UInt8], LineFailure>).self) { group in
            for (place, item) in items.enumerated() {
                group.addTask { (place, await scoreLine(item)) }
            }
            var answers = [Result<[UInt8], LineFailure>?](repeating: nil, count: items.count)
            for await (place, answer) in group { answers[place] = answer }
            return answers.compactMap(\.self)
        }
    }

    private func scoreLine(_ item: BatchItem) async -> Result<[UInt8], LineFailure> {
        switch item {
        case .rejected(let failure):
            var error = APIError(ErrorCode(rawValue: failure.code) ?? .validationFailed, failure.message)
            error.details = failure.details
            return .failure(LineFailure(leadID: failure.leadID, error: error))
        case .request(let request):
            do {
                return .success(try await engine.score(request).body)
            } catch {
                return .failure(LineFailure(leadID: request.leadID, error: Self.refusal(error)))
            }
        }
    }

    /// As an entry of a batch's `errors`; `index` counts the lines that were not empty, from 0.
    private static func encode(_ failure: LineFailure, index: Int) -> [UInt8] {
        var json = JSONWriter(reserving: 256)
        json.beginObject()
        json.member("index", index)
        json.member("lead_id", failure.leadID)
        failure.error.encodeMembers(into: &json)
        json.endObject()
        return json.bytes
    }
}
