import Formats
import Model

/// The files of a source whose every file is a document by itself: found by pattern, skipped by `stat` while unchanged, told
/// by the hash of their content, so that a renamed file or a copy is not read again. A changed file is read whole again;
/// facts have identities, so what was known stays known.
///
/// A document larger than `Limits.documentBytes` is cut at line ends into pages when its lines stand for themselves; else it
/// is refused.
struct DocumentFiles: Sendable {
    /// How a document too large for one piece may be cut.
    enum Cutting: Sendable {
        case never
        /// JSON lines: each line is a document.
        case lines
        /// CSV: each piece begins with the first line.
        case linesUnderHeader
    }

    let settings: SourceSettings
    /// Decides by the first bytes of a document.
    let cutting: @Sendable (_ head: ArraySlice<UInt8>) -> Cutting

    /// Of a file that has just changed: false while its writer is not done, and it waits. Nil for what is written beside and renamed.
    var isWhole: (@Sendable ([UInt8]) -> Bool)?

    /// The largest document read in one piece; smaller in tests.
    var documentBytes = Limits.documentBytes
    /// Where a page stops growing, and the size of a piece.
    var pageBytes = Limits.logPageBytes
    private static let pageItems = 1_000

    static let settings: [SettingDescriptor] = [
        SettingDescriptor("path", .paths, isRequired: true, "the files, plain, `.gz` or `.zst`; a folder means all files below it"),
        SettingDescriptor("service", .text, "the service of facts that name none"),
        SettingDescriptor("environment", .text, "the environment of all facts, such as `production`"),
    ]

    init(_ settings: SourceSettings, cutting: @escaping @Sendable (ArraySlice<UInt8>) -> Cutting) {
        self.settings = settings
        self.cutting = cutting
    }

    /// JSON lines when the first line is an object by itself and another follows.
    static func cutsJSONLines(_ head: ArraySlice<UInt8>) -> Cutting {
        guard let end = head.firstIndex(of: 10) else { return .never }
        let line = head[..<end].trimmed
        let isObject = line.first == UInt8(ascii: "{") && line.last == UInt8(ascii: "}")
        return isObject && head[end...].trimmed.first == UInt8(ascii: "{") ? .lines : .never
    }

    // MARK: - Fetching

    func fetch(after cursors: [String: Cursor], through access: SourceAccess) -> Page? {
        let memory = access.memory(of: settings.name)
        var page = Page()
        let files = settings.files(memory, into: &page)
        var bytes = 0
        var known: [String: String]?  // hash → path
        for file in files {
            let name = settings.shown(file.path)
            let state = DocumentState(cursors[DocumentState.key(name)])
            if let state, state.signature == file.signature, state.part == .whole { continue }
            if memory.with({ $0.tried.contains(file.path) }) { continue }
            let hashes = known ?? Self.hashes(cursors)
            known = hashes
            var step = Step(file: file, name: name, state: state, access: access, memory: memory)
            take(&step, known: hashes, into: &page)
            if case .whole? = step.next?.part, let hash = step.next?.hash, !hash.isEmpty { known?[hash] = name }
            if let next = step.next, next != state { page.cursorUpdates[DocumentState.key(name)] = next.cursor }
            bytes += step.bytes
            if bytes >= pageBytes || page.items.count >= Self.pageItems { break }
        }
        return page.isEmpty ? nil : page
    }

    private static func hashes(_ cursors: [String: Cursor]) -> [String: String] {
        var known: [String: String] = [:]
        for (key, cursor) in cursors.sorted(by: { $0.key < $1.key }) where key.hasPrefix(DocumentState.prefix) {
            if let state = DocumentState(cursor), !state.hash.isEmpty {
                known[state.hash] = String(key.dropFirst(DocumentState.prefix.count))
            }
        }
        return known
    }

    /// One file in one fetch.
    private struct Step {
        let file: FileWalk.File
        let name: String
        let state: DocumentState?
        let access: SourceAccess
        let memory: RunMemory
        var next: DocumentState?
        var bytes = 0
    }

    private func take(_ step: inout Step, known: [String: String], into page: inout Page) {
        let open: OpenFile
        do throws(DecompressionError) {
            open = try self.open(step)
        } catch {
            return fail(&step, error, into: &page)
        }
        var position = (line: Int64(1), isStart: true)
        if let state = step.state, state.signature == step.file.signature, case .upTo(let offset, let line) = state.part {
            if open.start != offset {
                do throws(DecompressionError) {
                    open.pending = []
                    try open.stream.skip(to: offset)
                    open.start = open.stream.offset
                } catch {
                    return fail(&step, error, into: &page)
                }
            }
            position = (line, false)
        }
        // That a plain file is too large for one page is told by its size.
        if position.isStart, open.stream.isCompressed || step.file.signature.size <= documentBytes {
            open.fill(to: documentBytes + 1, limit: nil)
            if let failure = open.failure { return fail(&step, failure, into: &page) }
            if open.pending.count <= documentBytes { return takeWhole(&step, open.pending, known: known, into: &page) }
        }
        takePiece(&step, open, line: position.line, into: &page)
    }

    private func open(_ step: Step) throws(DecompressionError) -> OpenFile {
        let kept = step.memory.with { state -> OpenFileBox in
            defer { state.openFile = nil }
            return OpenFileBox(state.openFile)
        }
        if let open = kept.file, open.path == step.file.path, open.signature == step.file.signature { return open }
        step.access.onTouch?(step.file.path)
        return OpenFile(path: step.file.path, signature: step.file.signature, stream: try Decompressor(path: step.file.path))
    }

    private func takeWhole(_ step: inout Step, _ bytes: [UInt8], known: [String: String], into page: inout Page) {
        if let isWhole, step.file.signature.isFresh(at: step.access.now), !isWhole(bytes) {
            step.memory.with { _ = $0.tried.insert(step.file.path) }
            return
        }
        var bytes = bytes
        let unfinished = unfinishedTail(bytes, step)
        bytes.removeLast(unfinished)
        let hash = SHA256Digest.hex(of: bytes)
        step.next = DocumentState(signature: step.file.signature, hash: hash, part: unfinished > 0 ? .unfinished : .whole)
        if unfinished > 0 { step.memory.with { _ = $0.tried.insert(step.file.path) } }
        if bytes.isEmpty || hash == step.state?.hash || known[hash] != nil { return }
        page.items.append(Page.Item(place: step.name, content: .bytes(bytes, from: origin(step))))
        step.bytes += bytes.count
    }

    /// How many bytes at the end are a line that somebody is still writing: it has no line end, does not look complete, and
    /// the file has just changed.
    private func unfinishedTail(_ bytes: [UInt8], _ step: Step) -> Int {
        guard step.file.signature.isFresh(at: step.access.now), let newline = bytes.lastIndex(of: 10), newline < bytes.count - 1 else {
            return 0
        }
        switch cutting(bytes[..<min(bytes.count, 64 << 10)]) {
        case .never: return 0
        case .lines: return bytes[newline...].trimmed.last == UInt8(ascii: "}") ? 0 : bytes.count - 1 - newline
        case .linesUnderHeader: return bytes.count - 1 - newline
        }
    }

    /// The next piece of a document too large for one.
    private func takePiece(_ step: inout Step, _ open: OpenFile, line: Int64, into page: inout Page) {
        open.fill(to: pageBytes, limit: nil)
        let cutting = cutting(headOf(step, open))
        if case .never = cutting {
            return refuse(
                &step, "the document is larger than \(documentBytes >> 20) MiB, and it is not of a kind that can be cut",
                "split it into smaller files",
                into: &page)
        }
        let isLast = open.isAtEnd && open.pending.count <= pageBytes
        let newline = open.pending[..<min(pageBytes, open.pending.count)].lastIndex(of: 10)
        guard isLast || newline != nil else {
            return refuse(&step, "line \(line) is longer than \(pageBytes >> 20) MiB", "split the file into smaller lines", into: &page)
        }
        let count = isLast ? open.pending.count : (newline ?? 0) + 1
        let isFirst = open.start == 0
        var piece = open.take(count)
        let lines = piece.withUnsafeBytes { LineEnds.count(in: $0[...]) }
        var offset = line - 1
        if case .linesUnderHeader = cutting, !isFirst {
            piece = header(step) + piece
            offset = line - 2
        }
        page.items.append(Page.Item(place: step.name, content: .bytes(piece, from: origin(step)), lineOffset: offset))
        step.bytes += piece.count
        if isLast {
            if let failure = open.failure { page.deadLetters.append(letter(step, "\(failure)", "")) }
            step.next = DocumentState(signature: step.file.signature, hash: "", part: .whole)
            return
        }
        step.next = DocumentState(signature: step.file.signature, hash: "", part: .upTo(offset: open.start, line: line + lines))
        let box = OpenFileBox(open)
        step.memory.with { $0.openFile = box.file }
    }

    private func headOf(_ step: Step, _ open: OpenFile) -> ArraySlice<UInt8> {
        if open.start == 0 { return open.pending[..<min(open.pending.count, 64 << 10)] }
        return (try? head(of: step.file.path))?[...] ?? []  // an unreadable head means that the file is not cut, and that is reported
    }
    private func head(of path: String) throws(DecompressionError) -> [UInt8] {
        var head: [UInt8] = []
        try Decompressor(path: path).read(into: &head, upTo: 64 << 10)
        return head
    }
    /// The first line with its end.
    private func header(_ step: Step) -> [UInt8] {
        let head = (try? head(of: step.file.path)) ?? []  // then the piece has no header, and its reader says so
        return Array(head.prefix { $0 != 10 }) + [10]
    }

    private func fail(_ step: inout Step, _ error: DecompressionError, into page: inout Page) {
        // Whoever compresses a file right now will be done at the next run.
        if case .truncated = error, step.file.signature.isFresh(at: step.access.now) {
            step.memory.with { _ = $0.tried.insert(step.file.path) }
            return
        }
        switch error {
        case .cannotOpen, .cannotRead, .notAFile:
            // The cause lies outside of the file and leaves no trace in its signature: each run tries again.
            step.memory.with { _ = $0.tried.insert(step.file.path) }
            page.deadLetters.append(letter(step, "\(error)", "check the file's permissions and its disk"))
        case .truncated, .corrupt, .tooLarge: refuse(&step, "\(error)", "", into: &page)
        }
    }

    /// One dead letter; the file is looked at again when it changes.
    private func refuse(_ step: inout Step, _ reason: String, _ remedy: String, into page: inout Page) {
        step.next = DocumentState(signature: step.file.signature, hash: "", part: .whole)
        page.deadLetters.append(letter(step, reason, remedy))
    }
    private func letter(_ step: Step, _ reason: String, _ remedy: String) -> DeadLetter {
        DeadLetter(origin: settings.name, place: step.name, reason: reason, remedy: remedy)
    }

    private func origin(_ step: Step) -> DocumentOrigin {
        var origin = settings.origin(step.name, at: step.file.signature.modifiedAt)
        origin.known = step.memory.with { $0.known }
        return origin
    }

    // MARK: - Probing

    func probe(through access: SourceAccess) -> SourceProbe {
        let found = settings.find()
        var probe = settings.probe(found)
        for file in found.files.prefix(20) {
            do throws(DecompressionError) {
                _ = try head(of: file.path)
            } catch {
                probe.diagnostics.append(Diagnostic(file: settings.shown(file.path), message: "\(error)"))
            }
        }
        return probe
    }
}

/// Carries a file over the border of the memory's lock: whoever takes it out is its only holder.
struct OpenFileBox: @unchecked Sendable {
    let file: OpenFile?
    init(_ file: OpenFile?) { self.file = file }
}

/// The cursor of one document.
struct DocumentState: Hashable {
    enum Part: Hashable {
        case whole
        /// The last line waits until its writer is done.
        case unfinished
        case upTo(offset: Int64, line: Int64)
    }
    var signature: FileSignature
    /// Of the decompressed content; empty for a document read in pieces.
    var hash: String
    var part: Part

    static let prefix = "file:"
    static func key(_ name: String) -> String { prefix + name }

    init(signature: FileSignature, hash: String, part: Part) {
        self.signature = signature
        self.hash = hash
        self.part = part
    }
    init?(_ cursor: Cursor?) {
        guard let state = cursor?.state, let signature = FileSignature(state["stat"]) else { return nil }
        self.signature = signature
        hash = state["hash"]?.stringValue ?? ""
        if let offset = state["offset"]?.intValue, let line = state["line"]?.intValue {
            part = .upTo(offset: max(0, offset), line: max(1, line))
        } else {
            part = state["unfinished"]?.boolValue == true ? .unfinished : .whole
        }
    }
    var cursor: Cursor {
        var members: [String: JSONValue] = ["stat": signature.json, "hash": .string(hash)]
        switch part {
        case .whole: break
        case .unfinished: members["unfinished"] = true
        case .upTo(let offset, let line):
            members["offset"] = .int(offset)
            members["line"] = .int(line)
        }
        return Cursor(.object(members))
    }
}

extension SourceSettings {
    func find() -> FileWalk.Found { FileWalk.files(texts("path").map(absolute)) }

    /// The files as they were when the run first looked; the first time, what could not be looked at goes to the page.
    func files(_ memory: RunMemory, into page: inout Page) -> [FileWalk.File] {
        if let known = memory.with({ $0.found?.files }) { return known }
        let found = find()
        memory.with { $0.found = found }
        page.deadLetters += found.problems.map { DeadLetter(origin: name, place: shown($0.path), reason: $0.reason, remedy: $0.remedy) }
        return found.files
    }

    func probe(_ found: FileWalk.Found) -> SourceProbe {
        let bytes = found.files.reduce(Int64(0)) { $0 &+ $1.signature.size }
        var probe = SourceProbe(findings: ["\(found.files.count) \(found.files.count == 1 ? "file" : "files"), \(Self.size(bytes))"])
        if found.files.isEmpty {
            probe.isAbsent = found.problems.isEmpty
            let paths = texts("path").map { "`\($0)`" }.joined(separator: ", ")
            probe.diagnostics.append(
                Diagnostic(
                    level: .warning, file: name, message: "no file matches \(paths)",
                    remedy: "relative paths start at the workspace, `\(workspace)`"))
        }
        for problem in found.problems {
            probe.diagnostics.append(
                Diagnostic(level: .warning, file: shown(problem.path), message: problem.reason, remedy: problem.remedy))
        }
        return probe
    }

    private static func size(_ bytes: Int64) -> String {
        switch bytes {
        case ..<10_000: "\(bytes) bytes"
        case ..<10_000_000: "\(bytes / 1_000) kB"
        default: "\(bytes / 1_000_000) MB"
        }
    }
}

extension ArraySlice<UInt8> {
    /// Without white space at either end.
    var trimmed: ArraySlice<UInt8> {
        let isSpace: (UInt8) -> Bool = { $0 == 32 || (9...13).contains($0) }
        let front = drop(while: isSpace)
        return front[..<(front.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? front.startIndex)]
    }
}
