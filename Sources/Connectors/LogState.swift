import Formats
import Foundation
import Model

/// How far one log is read. A log is known by its content, not by its name: rotation renames it, copies it, compresses it.
/// All offsets count decompressed bytes.
struct LogState: Hashable, Sendable {
    /// Bytes of the head and of the tail that make up the identity.
    static let markBytes = 1_024
    /// How much of the head the layout is learned from; as long as a log was shorter, its layout is learned again.
    static let layoutBytes = 64 << 10

    /// SHA-256 of the first `headBytes` bytes, at most `markBytes`; it grows with a short file.
    var head: String
    var headBytes: Int
    /// SHA-256 of the last `tailBytes` bytes before `offset`: two logs may begin alike.
    var tail = ""
    var tailBytes = 0
    var offset: Int64 = 0
    /// The line that begins at `offset`, from 1.
    var line: Int64 = 1
    /// Where the last record counted begins; it may go on behind `offset`. Equal to `offset` when there is none.
    var recordOffset: Int64 = 0
    var recordLine: Int64 = 1
    var carriedTimeMs: Int64?
    /// As `LogReader.detect` learned it from the first `layoutFrom` bytes; decoded only when the log is read on.
    private var layoutJSON: JSONValue?
    private(set) var layoutFrom = 0

    static let prefix = "log:"
    static func key(_ id: String) -> String { prefix + id }

    init(head: [UInt8]) {
        let head = head.prefix(Self.markBytes)
        self.head = SHA256Digest.hex(of: Array(head))
        headBytes = head.count
    }

    /// Whether a file that begins with `head` may be this log.
    func begins(_ head: [UInt8]) -> Bool { head.count >= headBytes && SHA256Digest.hex(of: Array(head[..<headBytes])) == self.head }

    init?(_ cursor: Cursor?) {
        guard let state = cursor?.state, let head = state["head"]?.stringValue, let headBytes = state["head_bytes"]?.intValue,
            let offset = state["offset"]?.intValue, (0...Int64(Self.markBytes)).contains(headBytes), offset >= 0
        else { return nil }
        self.head = head
        self.headBytes = Int(headBytes)
        self.offset = offset
        tail = state["tail"]?.stringValue ?? ""
        tailBytes = Int(min(max(0, state["tail_bytes"]?.intValue ?? 0), Int64(Self.markBytes), offset))
        line = max(1, state["line"]?.intValue ?? 1)
        recordOffset = min(max(0, state["record_offset"]?.intValue ?? offset), offset)
        recordLine = max(1, state["record_line"]?.intValue ?? line)
        carriedTimeMs = state["carried_ms"]?.intValue
        layoutJSON = state["layout"]
        layoutFrom = Int(min(max(0, state["layout_from"]?.intValue ?? 0), Int64(Self.layoutBytes)))
    }

    /// Nil when it was not learned yet, or by a version whose layouts cannot be read any more: then it is learned again.
    var layout: LogLayout? { layoutJSON.flatMap { try? JSONDecoder().decode(LogLayout.self, from: Data($0.text.utf8)) } }

    mutating func learn(_ layout: LogLayout, from bytes: Int) {
        // A layout that cannot be kept is learned again, which costs time only.
        guard let data = try? JSONEncoder().encode(layout), let json = JSONValue(ownText: String(decoding: data, as: UTF8.self)) else {
            return
        }
        layoutJSON = json
        layoutFrom = bytes
    }

    var cursor: Cursor {
        var members: [String: JSONValue] = [
            "head": .string(head), "head_bytes": .int(Int64(headBytes)), "tail": .string(tail), "tail_bytes": .int(Int64(tailBytes)),
            "offset": .int(offset), "line": .int(line), "record_offset": .int(recordOffset), "record_line": .int(recordLine),
        ]
        if let carriedTimeMs { members["carried_ms"] = .int(carriedTimeMs) }
        if let layoutJSON {
            members["layout"] = layoutJSON
            members["layout_from"] = .int(Int64(layoutFrom))
        }
        return Cursor(.object(members))
    }
}

/// What a path held when it was last looked at.
struct LogFileState: Hashable, Sendable {
    var signature: FileSignature
    /// The identity of the log in it; empty for an empty file.
    var log: String
    /// A line or an archive at its end was not finished yet.
    var isWaiting = false

    static let prefix = "file:"
    static func key(_ name: String) -> String { prefix + name }

    init(signature: FileSignature, log: String, isWaiting: Bool = false) {
        self.signature = signature
        self.log = log
        self.isWaiting = isWaiting
    }
    init?(_ cursor: Cursor?) {
        guard let state = cursor?.state, let signature = FileSignature(state["stat"]) else { return nil }
        self.signature = signature
        log = state["log"]?.stringValue ?? ""
        isWaiting = state["waiting"]?.boolValue == true
    }
    var cursor: Cursor {
        var members: [String: JSONValue] = ["stat": signature.json, "log": .string(log)]
        if isWaiting { members["waiting"] = true }
        return Cursor(.object(members))
    }
}
