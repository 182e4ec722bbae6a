import Formats
import Model

/// How far a mbox is read: up to a byte of its (decompressed) content, and what stands before it, by which a file that was rewritten
/// is told from one that grew.
struct MboxState: Hashable {
    var signature: FileSignature
    /// What came before is not read.
    var from: Instant
    /// Nothing was left to read when the file was as `signature` says.
    var isWhole: Bool
    var offset: Int64 = 0
    /// The hash of the bytes right before `offset`.
    var tail = ""

    init(signature: FileSignature, from: Instant, isWhole: Bool, offset: Int64 = 0, tail: String = "") {
        self.signature = signature
        self.from = from
        self.isWhole = isWhole
        self.offset = offset
        self.tail = tail
    }
    init?(_ cursor: Cursor?) {
        guard let state = cursor?.state, let signature = FileSignature(state["stat"]), let from = state["from"]?.intValue else {
            return nil
        }
        self.signature = signature
        self.from = Instant(ms: from)
        isWhole = state["whole"]?.boolValue ?? false
        offset = max(0, state["offset"]?.intValue ?? 0)
        tail = state["tail"]?.stringValue ?? ""
    }
    var cursor: Cursor {
        Cursor([
            "stat": signature.json, "from": .int(from.ms), "whole": .bool(isWhole), "offset": .int(offset), "tail": .string(tail),
        ])
    }
}

/// Mails one behind the other in a file (RFC 4155): each begins with a line `From SENDER DATE` at the start or behind an empty line.
/// Lines that would look like it are quoted by `>` (mboxrd, and mboxo for one `>`); one is taken away.
enum Mbox {
    struct Mail {
        /// Where its `From ` line begins.
        var offset: Int64
        var came: Instant?
        var bytes: [UInt8]
    }
    struct Page {
        var mails: [Mail]
        var state: MboxState
        var isAtEnd: Bool
    }

    static func key(_ name: String) -> String { "mbox:" + name.replacing(/, byte [0-9]+$/, with: "") }
    /// Long enough that mails of one template differ in it.
    private static let tailBytes: Int64 = 512
    private static let chunkBytes = 256 << 10

    static func isOne(_ path: String) -> Bool {
        var head: [UInt8] = []
        do throws(DecompressionError) { _ = try Decompressor(path: path).read(into: &head, upTo: 5) } catch { return false }
        return head.isEmpty || head.elementsEqual("From ".utf8)
    }

    /// The mails behind `known` that are whole, as many as fill a page; nil for what is no mbox. While the file `isWritten` its last
    /// mail waits.
    static func read(
        _ file: FileWalk.File, after known: MboxState?, from first: Instant, isWritten: Bool, _ bounds: MailBounds
    ) throws(DecompressionError) -> Page? {
        var stream = try Decompressor(path: file.path)
        var start: Int64 = 0
        if let known, known.offset > 0 {
            let before = min(known.offset, tailBytes)
            try stream.skip(to: known.offset - before)
            var tail: [UInt8] = []
            while tail.count < Int(before), try stream.read(into: &tail, upTo: Int(before) - tail.count) > 0 {}
            if SHA256Digest.hex(of: tail) == known.tail { start = known.offset } else { stream = try Decompressor(path: file.path) }
        }
        var splitter = MboxSplitter(start: start, from: first, mailBytes: bounds.mailBytes)
        var chunk: [UInt8] = []
        var isAtEnd = false
        while splitter.bytes < bounds.pageBytes, splitter.mails.count < bounds.pageMails {
            chunk.removeAll(keepingCapacity: true)
            if try stream.read(into: &chunk, upTo: chunkBytes) == 0 {
                isAtEnd = true
                splitter.end(isWritten: isWritten)
                break
            }
            splitter.add(chunk)
            if splitter.isForeign { return nil }
        }
        let end = splitter.taken
        var state = MboxState(signature: file.signature, from: first, isWhole: isAtEnd && !isWritten, offset: end)
        if end > 0 {
            let back = try Decompressor(path: file.path)
            try back.skip(to: end - min(end, tailBytes))
            var tail: [UInt8] = []
            let count = Int(min(end, tailBytes))
            while tail.count < count, try back.read(into: &tail, upTo: count - tail.count) > 0 {}
            state.tail = SHA256Digest.hex(of: tail)
        }
        return Page(mails: splitter.mails, state: state, isAtEnd: isAtEnd)
    }
}

/// Takes a mbox in any pieces and gives mails, holding at most one beyond those.
private struct MboxSplitter {
    private(set) var mails: [Mbox.Mail] = []
    private(set) var bytes = 0
    /// Everything before it belongs to mails that are whole.
    private(set) var taken: Int64
    /// True when it does not begin as a mbox does.
    private(set) var isForeign = false

    private let first: Instant
    private let mailBytes: Int
    private var at: Int64
    private var line: [UInt8] = []
    private var lineStart: Int64
    private var wasBlank = true
    private var current: Mbox.Mail?
    /// Of a line nothing beyond it matters to us.
    private static let maxLineBytes = 1 << 20

    init(start: Int64, from first: Instant, mailBytes: Int) {
        (taken, at, lineStart) = (start, start, start)
        self.first = first
        self.mailBytes = mailBytes
    }

    mutating func add(_ chunk: [UInt8]) {
        var rest = chunk[...]
        while let newline = rest.firstIndex(of: 10) {
            append(rest[...newline])
            takeLine()
            rest = rest[(newline + 1)...]
        }
        append(rest)
    }
    private mutating func append(_ piece: ArraySlice<UInt8>) {
        line.append(contentsOf: piece.prefix(max(0, Self.maxLineBytes - line.count)))
        at += Int64(piece.count)
    }

    /// While somebody writes, the last mail may go on.
    mutating func end(isWritten: Bool) {
        guard !isWritten else { return }
        if !line.isEmpty { takeLine() }
        finish(at: at)
    }

    private mutating func takeLine() {
        defer {
            line.removeAll(keepingCapacity: true)
            lineStart = at
        }
        let isBlank = line.allSatisfy { $0 == 10 || $0 == 13 }
        if wasBlank, line.starts(with: "From ".utf8), current == nil || Self.date(line) != nil {
            finish(at: lineStart)
            current = Mbox.Mail(offset: lineStart, came: Self.date(line), bytes: [])
            wasBlank = false
            return
        }
        wasBlank = isBlank
        guard var mail = current else {
            if !isBlank { isForeign = true }
            return
        }
        current = nil  // so that its bytes are not copied
        let quotes = line.prefix { $0 == UInt8(ascii: ">") }.count
        let isQuoted = quotes > 0 && line.dropFirst(quotes).starts(with: "From ".utf8)
        mail.bytes.append(contentsOf: line.dropFirst(isQuoted ? 1 : 0).prefix(max(0, mailBytes - mail.bytes.count)))
        current = mail
    }

    private mutating func finish(at end: Int64) {
        taken = end
        guard var mail = current else { return }
        current = nil
        if let came = mail.came, came < first { return }
        while mail.bytes.last == 10 || mail.bytes.last == 13 { mail.bytes.removeLast() }
        mail.bytes.append(10)
        bytes += mail.bytes.count
        mails.append(mail)
    }

    /// `From ann@example.org Mon Nov 30 00:01:02 2026`, with a zone or without; in UTC unless it says otherwise.
    private static func date(_ line: [UInt8]) -> Instant? {
        let words = String(decoding: line.prefix(400), as: UTF8.self).split(separator: " ").dropFirst(2).map(String.init)
        guard words.count >= 4 else { return nil }
        return Instant(feedDate: words.joined(separator: " ").filter { $0 != "\n" && $0 != "\r" && $0 != "\r\n" })
    }
}
