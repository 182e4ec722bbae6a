import Formats
import Model

/// Log files of any format, followed across rotation, truncation, copying and compression.
package struct LogsConnector: Connector {
    package static let descriptor = ConnectorDescriptor(
        kind: "logs", summary: "Log files, followed across rotation and compression.",
        settings: [
            SettingDescriptor(
                "path", .paths, isRequired: true, "the files, rotated ones too, plain, `.gz` or `.zst`; a folder means all files below it"),
            SettingDescriptor(
                "format", .choice(LogFormat.allCases.map(\.rawValue)), usual: "told from the first lines", "how the lines are laid out"),
            SettingDescriptor(
                "pattern", .pattern,
                "a regular expression with the groups `time`, `level`, `message` and others, for lines of your own layout"),
            SettingDescriptor("service", .text, usual: "taken from `service_from`", "the service of records that name none"),
            SettingDescriptor(
                "service_from", .choice(["file", "folder"]), usual: "file",
                "whether the file's name (`checkout.log.1.gz` → `checkout`) or its folder's is the service"),
            SettingDescriptor("environment", .text, "the environment of all records, such as `production`"),
            SettingDescriptor("timezone", .timeZone, usual: "UTC", "of times that name none"),
        ],
        sample: """
            kind: logs
            path:
              - /var/log/shop/*.log
              - /var/log/shop/*.log.*
            """)

    private let settings: SourceSettings
    private let format: LogFormat?
    private let pattern: String?
    private let offsetMinutes: Int

    package init(settings: SourceSettings) throws(ConnectorError) {
        self.settings = settings
        format = settings.text("format").flatMap(LogFormat.init(rawValue:))
        pattern = settings.text("pattern")
        offsetMinutes = Int(settings.number("timezone") ?? 0)
        do throws(LogReaderError) {
            _ = try LogReader(format: format, pattern: pattern, referenceTime: Instant(ms: 0))
        } catch {
            throw .badSetting(setting: "pattern", why: "\(error)")
        }
    }

    package func read(_ item: Page.Item) -> Reading {
        if case .read(let reading) = item.content { return reading }
        return Reading()
    }

    package func probe(through access: SourceAccess) async -> SourceProbe {
        let found = settings.find()
        var probe = settings.probe(found)
        var formats: [String: Int] = [:]
        for file in found.files.prefix(50) {
            do throws(DecompressionError) {
                var head: [UInt8] = []
                try Decompressor(path: file.path).read(into: &head, upTo: LogState.layoutBytes)
                if !head.isEmpty, let layout = reader(file)?.layout(of: head) { formats[layout.format.rawValue, default: 0] += 1 }
            } catch {
                probe.diagnostics.append(Diagnostic(file: settings.shown(file.path), message: "\(error)"))
            }
        }
        probe.findings += formats.sorted { $0.key < $1.key }.map { "\($0.value) read as `\($0.key)`" }
        return probe
    }

    // MARK: - Fetching

    package func fetch(after cursors: [String: Cursor], through access: SourceAccess) async throws(ConnectorError) -> Page? {
        let memory = access.memory(of: settings.name)
        var page = Page()
        let files = settings.files(memory, into: &page)
        var known: Known?
        var bytes = 0
        for file in files {
            if Task.isCancelled { throw .cancelled }
            let name = settings.shown(file.path)
            let state = LogFileState(cursors[LogFileState.key(name)])
            if let state, state.signature == file.signature, !state.isWaiting || file.signature.isFresh(at: access.now) { continue }
            if memory.with({ $0.tried.contains(file.path) }) { continue }
            var step = Step(
                file: file, name: name, state: state, access: access, memory: memory, known: known ?? Known(cursors, files, settings))
            take(&step, into: &page)
            known = step.known
            bytes += step.bytes
            if bytes >= Limits.logPageBytes { break }
        }
        return page.isEmpty ? nil : page
    }

    /// What the cursors know, with what this page adds.
    private struct Known {
        var logs: [String: LogState] = [:]
        var holders: [String: [FileWalk.File]] = [:]

        init(_ cursors: [String: Cursor], _ files: [FileWalk.File], _ settings: SourceSettings) {
            for (key, cursor) in cursors where key.hasPrefix(LogState.prefix) {
                logs[String(key.dropFirst(LogState.prefix.count))] = LogState(cursor)
            }
            for file in files {
                guard let state = LogFileState(cursors[LogFileState.key(settings.shown(file.path))]) else { continue }
                // Only a file that did not shrink still holds what it held.
                if state.signature.inode == file.signature.inode, state.signature.device == file.signature.device,
                    file.signature.size >= state.signature.size
                {
                    holders[state.log, default: []].append(file)
                }
            }
        }
    }

    /// One file in one fetch.
    private struct Step {
        let file: FileWalk.File
        let name: String
        let state: LogFileState?
        let access: SourceAccess
        let memory: RunMemory
        var known: Known
        var bytes = 0

        /// Not looked at again in this run.
        func postpone() { memory.with { _ = $0.tried.insert(file.path) } }
    }

    private func take(_ step: inout Step, into page: inout Page) {
        let open: OpenFile
        let id: String
        let resume: LogIdentity.Resume
        do throws(DecompressionError) {
            let kept = step.memory.with { state -> OpenFileBox in
                defer { state.openFile = nil }
                return OpenFileBox(state.openFile)
            }
            if let file = kept.file, let log = file.log, file.path == step.file.path, file.signature == step.file.signature,
                let state = step.known.logs[log], state.offset == file.start, state.recordOffset == state.offset
            {
                (open, id) = (file, log)
                resume = LogIdentity.Resume(offset: state.offset, line: state.line, firstRecordIsKnown: false)
            } else {
                let identity = LogIdentity(logs: step.known.logs, holders: step.known.holders, onTouch: step.access.onTouch)
                switch try identity.identify(step.file, previous: step.state?.log) {
                case .known(let known, let file, let place): (open, id, resume) = (file, known, place)
                case .new(let new, let file):
                    (open, id) = (file, new)
                    resume = LogIdentity.Resume(offset: 0, line: 1, firstRecordIsKnown: false)
                case .empty: return settle(&step, log: "", into: &page)
                case .copyInProgress: return step.postpone()
                }
            }
        } catch {
            return fail(&step, error, into: &page)
        }
        readPage(&step, open, id, resume, into: &page)
    }

    private func readPage(_ step: inout Step, _ open: OpenFile, _ id: String, _ resume: LogIdentity.Resume, into page: inout Page) {
        let isFresh = step.file.signature.isFresh(at: step.access.now)
        open.fill(to: Limits.logPageBytes, limit: open.stream.isCompressed ? nil : step.file.signature.size)
        var state = step.known.logs[id] ?? LogState(head: open.pending)
        if state.headBytes < LogState.markBytes { extendHead(&state, open, step.file.path) }
        var bytes = Array(open.pending.prefix(Limits.logPageBytes))
        let isEnd = open.isAtEnd && bytes.count == open.pending.count
        var isWaiting = false
        if isEnd, isFresh, bytes.last != 10 {
            // Somebody is writing this line.
            bytes.removeLast(bytes.count - ((bytes.lastIndex(of: 10) ?? -1) + 1))
            isWaiting = true
        }
        let newBytes = resume.offset + Int64(bytes.count) - state.offset
        if newBytes > 0, let reader = reader(step.file) {
            let layout = layout(&state, open, reader, step.file.path)
            let read = reader.read(
                bytes, origin: origin(step), offset: resume.offset, firstLine: resume.line, layout: layout,
                carriedTimeMs: state.carriedTimeMs, isEnd: isEnd)
            guard read.consumedBytes > 0 || isEnd else {
                return fail(
                    &step, .corrupt(path: step.name, offset: resume.offset, reason: "nothing in \(bytes.count) bytes can be read"),
                    into: &page)
            }
            addItem(read, resume, before: state, step, to: &page)
            move(&state, over: read, resume, bytes, isEnd: isEnd)
            step.bytes += read.consumedBytes
            open.drop(read.consumedBytes)
        }
        if step.known.logs[id] != state {
            step.known.logs[id] = state
            page.cursorUpdates[LogState.key(id)] = state.cursor
        }
        guard isEnd else {
            open.log = id
            let box = OpenFileBox(open)
            return step.memory.with { $0.openFile = box.file }
        }
        if let failure = open.failure {
            if case .truncated = failure, isFresh { return step.postpone() }
            page.deadLetters.append(letter(step, "\(failure)"))
        }
        settle(&step, log: id, isWaiting: isWaiting, into: &page)
    }

    /// The file's own cursor: until its signature changes, it is not opened again.
    private func settle(_ step: inout Step, log: String, isWaiting: Bool = false, into page: inout Page) {
        let state = LogFileState(signature: step.file.signature, log: log, isWaiting: isWaiting)
        if isWaiting { step.postpone() }
        if state != step.state { page.cursorUpdates[LogFileState.key(step.name)] = state.cursor }
        if !log.isEmpty { step.known.holders[log, default: []].append(step.file) }
    }

    private func fail(_ step: inout Step, _ error: DecompressionError, into page: inout Page) {
        step.postpone()
        switch error {
        case .truncated where step.file.signature.isFresh(at: step.access.now): return  // somebody is compressing it
        case .truncated, .corrupt, .tooLarge:
            // Its content will not get better: read again only when it changes.
            settle(&step, log: step.state?.log ?? "", into: &page)
        case .cannotOpen, .cannotRead, .notAFile: break
        }
        page.deadLetters.append(letter(step, "\(error)"))
    }
    private func letter(_ step: Step, _ reason: String) -> DeadLetter {
        DeadLetter(origin: settings.name, place: step.name, reason: reason)
    }

    // MARK: - Reading

    private func addItem(_ read: LogPage, _ resume: LogIdentity.Resume, before: LogState, _ step: Step, to page: inout Page) {
        var reading = Reading()
        var batch = read.batch
        batch.firstRecordIsKnown = resume.firstRecordIsKnown && batch.records.first?.record.lower == 0
        // Lines behind the last record that were refused the last time.
        reading.rejections = read.rejections.filter { ($0.line ?? .max) >= before.line }
        let known = read.rejections.count - reading.rejections.count
        if read.rejectedCount > read.rejections.count {
            reading.rejections.append(
                Rejection(
                    reason: "\(read.rejectedCount - read.rejections.count) more lines of this page were refused",
                    line: reading.rejections.last?.line))
        }
        if !batch.records.isEmpty { reading.logs = [batch] }
        if known < read.rejectedCount || !batch.records.isEmpty { page.items.append(Page.Item(place: step.name, content: .read(reading))) }
    }

    private func move(_ state: inout LogState, over read: LogPage, _ resume: LogIdentity.Resume, _ bytes: [UInt8], isEnd: Bool) {
        state.offset = resume.offset + Int64(read.consumedBytes)
        state.line = resume.line + read.consumedLines
        state.carriedTimeMs = read.carriedTimeMs
        let record = resume.offset + Int64(read.lastRecordStart)
        // Before the end the next page begins with the record that was left for it.
        state.recordOffset = isEnd ? min(record, state.offset) : state.offset
        state.recordLine = isEnd ? read.lastRecordLine : state.line
        let tail = bytes[..<read.consumedBytes].suffix(LogState.markBytes)
        if !tail.isEmpty {
            state.tail = SHA256Digest.hex(of: Array(tail))
            state.tailBytes = tail.count
        }
    }

    /// The head of a log that was short when it was first seen.
    private func extendHead(_ state: inout LogState, _ open: OpenFile, _ path: String) {
        if open.start == 0 {
            state = with(state, head: Array(open.pending.prefix(LogState.markBytes)))
        } else if let head = bytes(of: path, count: LogState.markBytes) {
            state = with(state, head: head)
        }
    }
    private func with(_ state: LogState, head: [UInt8]) -> LogState {
        let longer = LogState(head: head)
        guard longer.headBytes > state.headBytes else { return state }
        var state = state
        state.head = longer.head
        state.headBytes = longer.headBytes
        return state
    }

    /// The layout kept with the log, learned anew as long as the log was too short to be sure.
    private func layout(_ state: inout LogState, _ open: OpenFile, _ reader: LogReader, _ path: String) -> LogLayout {
        let kept = state.layout
        if let kept, state.layoutFrom >= LogState.layoutBytes { return kept }
        let head = open.start == 0 ? Array(open.pending.prefix(LogState.layoutBytes)) : bytes(of: path, count: LogState.layoutBytes) ?? []
        if let kept, head.count <= state.layoutFrom { return kept }
        let learned = reader.layout(of: head)
        state.learn(learned, from: head.count)
        return learned
    }

    /// Nil when the file went away meanwhile; then what is known stays.
    private func bytes(of path: String, count: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        guard let stream = try? Decompressor(path: path) else { return nil }
        while bytes.count < count, let taken = try? stream.read(into: &bytes, upTo: count - bytes.count), taken > 0 {}
        return bytes
    }

    /// Nil never happens: the settings were checked when the connector was made.
    private func reader(_ file: FileWalk.File) -> LogReader? {
        try? LogReader(format: format, pattern: pattern, referenceTime: file.signature.modifiedAt, defaultOffsetMinutes: offsetMinutes)
    }

    private func origin(_ step: Step) -> DocumentOrigin {
        DocumentOrigin(
            origin: settings.name, path: step.name, service: settings.text("service") ?? service(of: step.file.path),
            environment: settings.text("environment"), fallbackTime: step.file.signature.modifiedAt)
    }

    /// `checkout` for `checkout-2026-11-22.log.gz`, or the folder's name.
    private func service(of path: String) -> String {
        let parts = path.split(separator: "/")
        if settings.text("service_from") == "folder", parts.count > 1 { return String(parts[parts.count - 2]) }
        return Self.withoutDate(LogReader.serviceName(ofPath: path))
    }

    /// Cuts a date off the end of a name: `-20261122`, `_2026-11-22`, and what follows it.
    static func withoutDate(_ name: String) -> String {
        let bytes = Array(name.utf8)
        let isDigit: (Int) -> Bool = { $0 < bytes.count && (48...57).contains(bytes[$0]) }
        for index in bytes.indices where index > 0 && [45, 46, 95].contains(bytes[index]) {
            guard (1...4).allSatisfy({ isDigit(index + $0) }), bytes[index + 1] == 49 || bytes[index + 1] == 50 else { continue }
            let rest = bytes[(index + 5)...].filter { $0 != 45 && $0 != 95 }.prefix(4)
            if rest.count == 4, rest.allSatisfy({ (48...57).contains($0) }) { return String(decoding: bytes[..<index], as: UTF8.self) }
        }
        return name
    }
}

extension LogReader {
    fileprivate func layout(of head: [UInt8]) -> LogLayout { head.withUnsafeBytes { detect(head: $0) } }
}
