import Formats
import Model

/// Tells which log a file holds.
///
/// | what happened | what is seen | verdict |
/// |---|---|---|
/// | appended, renamed, compressed, copied | head and tail of a known log | that log, read on from its offset |
/// | truncated, or a new log with the same first lines | the head fits, the tail does not | a new log |
/// | a copy is still being written | the head fits, too short for the tail, and like the file that is copied | wait |
/// | anything else | no head fits | a new log |
struct LogIdentity {
    enum Verdict {
        /// The file is open with what follows `resume` pending.
        case known(id: String, OpenFile, resume: Resume)
        case new(id: String, OpenFile)
        case empty
        case copyInProgress
    }
    /// Where reading goes on: at the last record, which may have grown, or behind it.
    struct Resume {
        var offset: Int64
        var line: Int64
        var firstRecordIsKnown: Bool
    }

    /// All logs known, with what this page learned.
    let logs: [String: LogState]
    /// What each path held: to find who else holds a log.
    let holders: [String: [FileWalk.File]]
    let onTouch: (@Sendable (String) -> Void)?

    func identify(_ file: FileWalk.File, previous: String?) throws(DecompressionError) -> Verdict {
        let head = try self.head(of: file.path)
        if head.isEmpty { return .empty }
        for (id, log) in candidates(head, previous: previous) {
            switch try verify(file, log) {
            case .fits(let open, let resume): return .known(id: id, open, resume: resume)
            case .differs: continue
            case .isShorter(let length): if try isCopyInProgress(file, length, of: id) { return .copyInProgress }
            }
        }
        let open = try self.open(file)
        return .new(id: freeID(LogState(head: head).head), open)
    }

    /// Logs that begin like the file: its own of the last time first, then those with the longest mark.
    private func candidates(_ head: [UInt8], previous: String?) -> [(id: String, log: LogState)] {
        var digests: [Int: String] = [:]
        for length in Set(logs.values.map(\.headBytes)) where length <= head.count {
            digests[length] = SHA256Digest.hex(of: Array(head[..<length]))
        }
        return logs.filter { digests[$0.value.headBytes] == $0.value.head }
            .map { (id: $0.key, log: $0.value) }
            .sorted { left, right in
                if (left.id == previous) != (right.id == previous) { return left.id == previous }
                return (right.log.headBytes, left.id) < (left.log.headBytes, right.id)
            }
    }

    private enum Check {
        case fits(OpenFile, Resume)
        case differs
        /// The file ends before the log's offset.
        case isShorter(length: Int64)
    }

    private func verify(_ file: FileWalk.File, _ log: LogState) throws(DecompressionError) -> Check {
        let resume = Resume(
            offset: log.recordOffset, line: log.recordOffset < log.offset ? log.recordLine : log.line,
            firstRecordIsKnown: log.recordOffset < log.offset)
        let tailStart = log.offset - Int64(log.tailBytes)
        let open = try self.open(file)
        let start = min(tailStart, resume.offset)
        try open.stream.skip(to: start)
        open.start = open.stream.offset
        guard open.start == start else { return .isShorter(length: open.start) }
        open.fill(to: Int(log.offset - start), limit: nil)
        if Int64(open.pending.count) < log.offset - start {
            if let failure = open.failure { throw failure }
            return .isShorter(length: start + Int64(open.pending.count))
        }
        let tail = open.pending[Int(tailStart - start)..<Int(log.offset - start)]
        guard log.tailBytes == 0 || SHA256Digest.hex(of: Array(tail)) == log.tail else { return .differs }
        open.drop(Int(resume.offset - start))
        return .fits(open, resume)
    }

    /// Compares the end of a file with the same place in the file that holds the log now.
    private func isCopyInProgress(_ file: FileWalk.File, _ length: Int64, of id: String) throws(DecompressionError) -> Bool {
        let from = max(0, length - Int64(LogState.markBytes))
        for holder in holders[id] ?? [] where holder.path != file.path {
            let mine = try bytes(of: file.path, from: from, count: Int(length - from))
            // What cannot be read is no copy of it.
            let other = try? bytes(of: holder.path, from: from, count: Int(length - from))
            if !mine.isEmpty, mine == other { return true }
        }
        return false
    }

    private func open(_ file: FileWalk.File) throws(DecompressionError) -> OpenFile {
        onTouch?(file.path)
        return OpenFile(path: file.path, signature: file.signature, stream: try Decompressor(path: file.path))
    }
    private func head(of path: String) throws(DecompressionError) -> [UInt8] {
        onTouch?(path)
        return try bytes(of: path, from: 0, count: LogState.markBytes)
    }
    /// At most `count` bytes; fewer at the end, also where an archive is cut off there.
    private func bytes(of path: String, from: Int64, count: Int) throws(DecompressionError) -> [UInt8] {
        let stream = try Decompressor(path: path)
        try stream.skip(to: from)
        var bytes: [UInt8] = []
        while bytes.count < count, try stream.read(into: &bytes, upTo: count - bytes.count) > 0 {}
        return bytes
    }

    private func freeID(_ head: String) -> String {
        let base = String(head.prefix(16))
        var id = base
        var number = 2
        while logs[id] != nil {
            id = "\(base)-\(number)"
            number += 1
        }
        return id
    }
}
