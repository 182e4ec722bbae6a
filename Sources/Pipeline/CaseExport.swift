import Foundation
import Model
import Rendering

/// `caseboard export`: one investigation as one file.
package enum CaseExport {
    package enum Format: String, CaseIterable, Sendable { case md, json, csv, html, pdf }

    package static func bytes(_ workspace: Workspace, number: Int, format: Format, now: Instant) throws -> [UInt8] {
        let file = try CaseQueries.file(workspace, number: number, now: now)
        let assets = WorkspaceAssets(root: workspace.root)
        let templates = Templates(assets: { assets.bytes($0) })
        switch format {
        case .md: return Array(try PostMortem.markdown(file, asOf: now, templates: templates, place: .single).utf8)
        case .json: return PublishAPI.bytes(APIDocuments.investigation(file))
        case .csv: return try timeline(file)
        case .html: return try CanvasPage.render(file, asOf: now, templates: templates, place: .single)
        case .pdf: return try PDFPrinter.print(try CanvasPage.render(file, asOf: now, templates: templates, place: .single))
        }
    }

    /// The evidence in the order of time.
    private static func timeline(_ file: CaseFile) throws -> [UInt8] {
        var out = "occurred_at,phase,severity,source,type,service,title,confidence,starred,fingerprint,url\n"
        for item in file.items {
            let event = item.event
            let cells = [
                event.occurredAt.rfc3339, item.evidence.phase.rawValue, event.severity.rawValue, event.source.rawValue, event.type.rawValue,
                event.service ?? "", event.title, JSONValue.double(item.evidence.confidence).text, item.evidence.starred ? "yes" : "",
                event.fingerprint.text, event.url ?? "",
            ]
            out += cells.map(RowWriter.safeField).joined(separator: ",") + "\n"
        }
        return Array(out.utf8)
    }
}

/// Prints a page of ours with a browser or a formatter that is installed.
enum PDFPrinter {
    private static let browsers = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]
    private static let formatter = "weasyprint"
    private static let timeoutSeconds = 120.0

    static func print(_ page: [UInt8]) throws -> [UInt8] {
        guard let (program, isBrowser) = find() else { throw PipelineError.noPrinter(tried: browsers + [formatter]) }
        let folder = FileManager.default.temporaryDirectory.appending(path: "caseboard-print-\(getpid())")
        try? FileManager.default.removeItem(at: folder)  // of an earlier process with our number
        do {
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw PipelineError.cannotWrite(path: folder.plainPath, reason: error.localizedDescription)
        }
        defer { try? FileManager.default.removeItem(at: folder) }  // a leftover in the temporary folder fails nothing
        let source = folder.appending(path: "case.html")
        let target = folder.appending(path: "case.pdf")
        try AtomicFile.write(page, to: source)
        let arguments =
            isBrowser
            ? [
                "--headless", "--disable-gpu", "--no-first-run", "--disable-extensions", "--disable-background-networking",
                "--host-resolver-rules=MAP * ~NOTFOUND", "--user-data-dir=\(folder.appending(path: "profile").plainPath)",
                "--no-pdf-header-footer", "--print-to-pdf=\(target.plainPath)",
                // A browser of root has no sandbox; the page is ours and forbids everything else by its policy.
            ] + (getuid() == 0 ? ["--no-sandbox"] : []) + [source.absoluteString] : [source.plainPath, target.plainPath]
        try run(program, arguments, in: folder)
        guard let data = try? Data(contentsOf: target), data.starts(with: Data("%PDF-".utf8)) else {
            throw PipelineError.printFailed(program: program, reason: "it wrote no PDF")
        }
        return Array(data)
    }

    private static func find() -> (program: String, isBrowser: Bool)? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
        for name in browsers + [formatter] {
            for folder in folders where folder.hasPrefix("/") {
                let path = "\(folder)/\(name)"
                if FileManager.default.isExecutableFile(atPath: path) { return (path, name != formatter) }
            }
        }
        return nil
    }

    private static func run(_ program: String, _ arguments: [String], in folder: URL) throws {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.environment = [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin", "HOME": folder.plainPath,
            "TMPDIR": folder.plainPath, "LC_ALL": "C.UTF-8", "TZ": "UTC",
        ]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        do {
            try process.run()
        } catch {
            throw PipelineError.printFailed(program: program, reason: error.localizedDescription)
        }
        let group = DispatchGroup()
        group.enter()
        DispatchQueue.global().async {
            process.waitUntilExit()
            group.leave()
        }
        if group.wait(timeout: .now() + timeoutSeconds) == .timedOut {
            kill(process.processIdentifier, SIGKILL)
            throw PipelineError.printFailed(program: program, reason: "it took longer than \(Int(timeoutSeconds)) seconds")
        }
        if process.terminationStatus != 0 {
            throw PipelineError.printFailed(program: program, reason: "it ended with status \(process.terminationStatus)")
        }
    }
}
