import Formats
import Glibc
import Model

/// Mails on this machine: in Maildir folders, one file each, and in mbox files, one behind the other.
///
/// A Maildir is read on by the time at which a file's name or place changed last (`st_ctime`), which no program can set: a mail that
/// arrives, or is moved here, is new by it whatever its own dates say. One whose flags changed is read again, and is the same fact.
struct MailFiles: Sendable {
    let settings: SourceSettings
    var bounds: MailBounds
    /// The most mails that are looked at by name.
    private static let maxFiles = 200_000
    private static let maildirItem = "maildir"
    /// Two mails may arrive in one tick of the file system's clock, and servers' clocks differ.
    private static let overlapNs: Int64 = 60_000_000_000

    init(_ settings: SourceSettings) {
        self.settings = settings
        bounds = MailBounds(settings)
    }

    func cursors(refetching place: String) -> [String]? { [Self.maildirItem, Mbox.key(place)] }

    /// What was found, told apart.
    private struct Found {
        var mails: [(path: String, changedNs: Int64, modifiedAt: Instant)] = []
        var boxes: [FileWalk.File] = []
    }

    func fetch(after cursors: [String: Cursor], through access: SourceAccess) -> Page? {
        let memory = access.memory(of: settings.name)
        var page = Page()
        let files: [FileWalk.File]
        if let known = memory.with({ $0.found?.files }) {
            files = known
        } else {
            let found = FileWalk.files(settings.texts("path").map(settings.absolute), limit: Self.maxFiles)
            memory.with { $0.found = found }
            page.deadLetters = found.problems.map {
                DeadLetter(origin: settings.name, place: settings.shown($0.path), reason: $0.reason, remedy: $0.remedy)
            }
            files = found.files
        }
        let first = cursors[Self.maildirItem]?.state["from"]?.intValue ?? (access.now - bounds.lookbackMs).ms
        let done = memory.with { $0.tried }
        let found = Self.sorted(files.filter { !done.contains($0.path) }, from: Instant(ms: first))
        takeMaildir(found.mails, cursors[Self.maildirItem], from: first, access, into: &page)
        if page.items.isEmpty {
            for box in found.boxes {
                takeBox(box, cursors, access, into: &page)
                if !page.items.isEmpty { break }
            }
        }
        return page.isEmpty ? nil : page
    }

    /// Mails of a Maildir that were last written before `first` are left out.
    private static func sorted(_ files: [FileWalk.File], from first: Instant) -> Found {
        var found = Found()
        var folders: [String: Bool] = [:]
        func isMaildir(_ folder: String) -> Bool {
            if let known = folders[folder] { return known }
            let isSo = ["cur", "new"].allSatisfy { FileStatus("\(folder)/\($0)")?.kind == .folder }
            folders[folder] = isSo
            return isSo
        }
        for file in files {
            let parts = file.path.split(separator: "/", omittingEmptySubsequences: false)
            let parent = parts.dropLast().last ?? ""
            let folder = parts.dropLast(2).joined(separator: "/")
            if ["cur", "new", "tmp"].contains(parent), isMaildir(folder) {
                guard parent != "tmp", parts.last?.hasPrefix(".") == false, file.signature.modifiedAt >= first else { continue }
                var status = stat()
                guard stat(file.path, &status) == 0 else { continue }
                let changed = Int64(status.st_ctim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_ctim.tv_nsec)
                found.mails.append((file.path, changed, file.signature.modifiedAt))
            } else if !isMaildir(parts.dropLast().joined(separator: "/")) {
                found.boxes.append(file)  // beside `cur` and `new` a mail server keeps its own files
            }
        }
        found.mails.sort { ($0.changedNs, $0.path) < ($1.changedNs, $1.path) }
        return found
    }

    // MARK: - Maildir

    private func takeMaildir(
        _ mails: [(path: String, changedNs: Int64, modifiedAt: Instant)], _ cursor: Cursor?, from first: Int64, _ access: SourceAccess,
        into page: inout Page
    ) {
        guard !mails.isEmpty else { return }
        let memory = access.memory(of: settings.name)
        let known = cursor?.state["changed"]?.intValue
        var newest = known ?? 0
        var bytes = 0
        for mail in mails where known.map({ mail.changedNs >= $0 - Self.overlapNs }) ?? true {
            if bytes >= bounds.pageBytes || page.items.count >= bounds.pageMails { break }
            memory.with { _ = $0.tried.insert(mail.path) }
            newest = max(newest, mail.changedNs)
            let name = settings.shown(mail.path)
            do throws(DecompressionError) {
                access.onTouch?(mail.path)
                var content: [UInt8] = []
                let stream = try Decompressor(path: mail.path)
                while content.count < bounds.mailBytes,
                    try stream.read(into: &content, upTo: min(256 << 10, bounds.mailBytes - content.count)) > 0
                {}
                bytes += content.count
                let item = Page.Item(place: name, content: .bytes(content, from: settings.origin(name, at: mail.modifiedAt)))
                page.items.append(item)
            } catch {
                // Moved away since it was listed: it is found under its new name, now or at the next run.
                if FileStatus(mail.path) == nil { continue }
                page.deadLetters.append(
                    DeadLetter(origin: settings.name, place: name, reason: "\(error)", remedy: "check the file's permissions and its disk"))
            }
        }
        if newest != known ?? 0 || (cursor == nil && !page.items.isEmpty) {
            page.cursorUpdates[Self.maildirItem] = Cursor(["changed": .int(newest), "from": .int(first)])
        }
    }

    // MARK: - Mbox

    private func takeBox(_ file: FileWalk.File, _ cursors: [String: Cursor], _ access: SourceAccess, into page: inout Page) {
        let memory = access.memory(of: settings.name)
        let name = settings.shown(file.path)
        let known = MboxState(cursors[Mbox.key(name)])
        if let known, known.signature == file.signature, known.isWhole {
            memory.with { _ = $0.tried.insert(file.path) }
            return
        }
        access.onTouch?(file.path)
        let first = known?.from ?? access.now - bounds.lookbackMs
        do throws(DecompressionError) {
            let read = try Mbox.read(file, after: known, from: first, isWritten: file.signature.isFresh(at: access.now), bounds)
            guard let read else {
                memory.with { _ = $0.tried.insert(file.path) }
                page.cursorUpdates[Mbox.key(name)] = MboxState(signature: file.signature, from: first, isWhole: true).cursor
                page.deadLetters.append(
                    DeadLetter(
                        origin: settings.name, place: name,
                        reason: "it is neither a mbox, whose first line begins with `From `, nor in a Maildir",
                        remedy: "name the Maildir folder that holds `cur` and `new`, or the mbox file"))
                return
            }
            for mail in read.mails {
                let place = "\(name), byte \(mail.offset)"
                let origin = settings.origin(place, at: mail.came ?? file.signature.modifiedAt)
                page.items.append(Page.Item(place: place, content: .bytes(mail.bytes, from: origin)))
            }
            if read.isAtEnd { memory.with { _ = $0.tried.insert(file.path) } }
            if read.state != known { page.cursorUpdates[Mbox.key(name)] = read.state.cursor }
        } catch {
            memory.with { _ = $0.tried.insert(file.path) }
            page.deadLetters.append(
                DeadLetter(origin: settings.name, place: name, reason: "\(error)", remedy: "check the file's permissions and its disk"))
        }
    }

    // MARK: - Probing

    func probe(through access: SourceAccess) -> SourceProbe {
        let files = FileWalk.files(settings.texts("path").map(settings.absolute), limit: Self.maxFiles)
        let found = Self.sorted(files.files, from: Instant.representable.lowerBound)
        var probe = SourceProbe()
        if !found.mails.isEmpty || found.boxes.isEmpty {
            probe.findings.append("\(found.mails.count) \(found.mails.count == 1 ? "mail" : "mails") in Maildir folders")
        }
        if !found.boxes.isEmpty { probe.findings.append("\(found.boxes.count) mbox \(found.boxes.count == 1 ? "file" : "files")") }
        if files.files.isEmpty {
            let folders = settings.texts("path").filter { FileStatus(settings.absolute($0))?.kind == .folder }
            if folders.isEmpty {
                let paths = settings.texts("path").map { "`\($0)`" }.joined(separator: ", ")
                probe.diagnostics.append(
                    Diagnostic(
                        level: .warning, file: settings.name, message: "nothing is at \(paths)",
                        remedy: "relative paths start at the workspace, `\(settings.workspace)`"))
            }
        }
        for problem in files.problems {
            probe.diagnostics.append(
                Diagnostic(level: .warning, file: settings.shown(problem.path), message: problem.reason, remedy: problem.remedy))
        }
        for box in found.boxes.prefix(20) where !Mbox.isOne(box.path) {
            probe.diagnostics.append(
                Diagnostic(
                    level: .warning, file: settings.shown(box.path), message: "it is no mbox: its first line does not begin with `From `",
                    remedy: "name the Maildir folder that holds `cur` and `new`, or the mbox file"))
        }
        return probe
    }
}
