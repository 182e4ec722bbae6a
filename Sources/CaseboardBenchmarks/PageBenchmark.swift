import Foundation
import Model
import Pipeline
import Rendering
import Store

/// Ten thousand pages beside Hugo and a C loop over cmark-gfm, and ten thousand investigations published, published again and
/// published with one of them changed.
///
/// Hugo makes a page of one Markdown text in a bare layout, the C loop one between the head and tail of ours. A report is the
/// same Markdown as a page of ours; a canvas is the page of a small case that has this Markdown as its note. The canvas of
/// forty pieces of evidence has no like at theirs and is printed for its own sake.
enum PageBenchmark {
    static let pages = 10_000
    static let asOf = Instant(rfc3339: "2026-03-10T15:20:00Z") ?? Instant(ms: 0)

    static func run() async throws {
        let folder = try benchFolder("pages")
        let site = BenchSite()
        var markdowns: [String] = []
        for number in 1...pages { markdowns.append(try PostMortem.markdown(site.file(number), asOf: asOf, templates: site.templates)) }
        let hugo = try HugoSite(markdowns, in: folder.appending(path: "hugo"))

        try inMemory(markdowns, site, hugo)
        try beside(markdowns, site, hugo, in: folder)
        try SiteBenchmark.run(in: folder.appending(path: "site"), hugo)
    }

    // MARK: - Rendering alone

    private static func inMemory(_ markdowns: [String], _ site: BenchSite, _ hugo: HugoSite) throws {
        let reports = try rate(pages) { index in
            try ReportPage.render(markdown: markdowns[index], title: "Report \(index)", asOf: asOf, templates: site.templates)
        }
        let noted = (0..<pages).map { index in
            var file = site.file(index + 1, pieces: 4)
            file.notes = [Annotation(at: file.from, author: "ada", text: markdowns[index])]
            return file
        }
        let canvases = try rate(pages) { try CanvasPage.render(noted[$0], asOf: asOf, templates: site.templates) }
        let full = (1...pages / 10).map { site.file($0) }
        let large = try rate(full.count) { try CanvasPage.render(full[$0], asOf: asOf, templates: site.templates) }
        print(
            "pages: in memory canvas \(thousands(canvases.rate)) of \(canvases.bytes >> 10) KB, report \(thousands(reports.rate)) of \(reports.bytes >> 10) KB a CPU-second; canvas of forty pieces \(thousands(large.rate)) of \(large.bytes >> 10) KB"
        )
        guard let theirs = try hugo.rate(toMemory: true) else { return print("pages: \(Peers.missing)") }
        let together = 2 / (1 / canvases.rate + 1 / reports.rate)
        print(
            "pages: in memory Hugo \(thousands(theirs)) a CPU-second; ratio \(twoDigits(together / theirs)): canvas \(twoDigits(canvases.rate / theirs)), report \(twoDigits(reports.rate / theirs)), canvas of forty pieces \(twoDigits(large.rate / theirs))"
        )
    }

    /// Pages a CPU-second, and bytes a page.
    private static func rate(_ count: Int, _ render: (Int) throws -> [UInt8]) throws -> (rate: Double, bytes: Int) {
        var bytes = 0
        let before = cpuSeconds()
        for index in 0..<count { bytes += try render(index).count }
        return (Double(count) / (cpuSeconds() - before), bytes / max(1, count))
    }

    // MARK: - From Markdown files to page files

    private static func beside(_ markdowns: [String], _ site: BenchSite, _ hugo: HugoSite, in folder: URL) throws {
        let source = folder.appending(path: "markdown")
        try FileManager.default.createDirectory(at: source, withIntermediateDirectories: true)
        for (index, markdown) in markdowns.enumerated() {
            try Data(markdown.utf8).write(to: source.appending(path: "\(index).md"))
        }
        // The C loop writes what stands around the prose of ours as it is.
        let page = try ReportPage.render(markdown: markdowns[0], title: "Report 0", asOf: asOf, templates: site.templates)
        guard let prose = page.firstRange(of: MarkdownRenderer.html(markdowns[0]).bytes) else { return }
        try Data(page[..<prose.lowerBound]).write(to: folder.appending(path: "head"))
        try Data(page[prose.upperBound...]).write(to: folder.appending(path: "tail"))

        var (ours, theirs): ([Double], [Double]) = ([], [])
        for _ in 1...repetitions {
            ours.append(try publish(source, to: try benchFolder("pages/ours"), site))
            let out = try benchFolder("pages/loop")
            let arguments = [
                source.plainPath, "\(pages)", folder.appending(path: "head").plainPath, folder.appending(path: "tail").plainPath,
            ]
            guard let loop = peer(Peers.pages, arguments + [out.plainPath])?.last else { return print("pages: \(Peers.missing)") }
            theirs.append(loop)
        }
        print(
            "pages: on disk report \(thousands(Double(pages) / median(ours))), the C loop \(thousands(Double(pages) / median(theirs))) a CPU-second; ours takes \(twoDigits(median(ours) / median(theirs))) of its time"
        )
        guard let cold = try hugo.rate() else { return print("pages: \(Peers.missing)") }
        print("pages: on disk Hugo \(thousands(cold)) a CPU-second; ratio \(twoDigits(Double(pages) / median(ours) / cold))")
    }

    /// CPU-seconds from files of Markdown to published pages, remembered in a store.
    private static func publish(_ source: URL, to folder: URL, _ site: BenchSite) throws -> Double {
        let store = try CaseStore.open(path: folder.appending(path: "store.db").plainPath)
        let before = cpuSeconds()
        var publisher = SitePublisher(root: folder.appending(path: "public"), known: [:], now: asOf)
        for index in 0..<pages {
            let markdown = String(decoding: try Data(contentsOf: source.appending(path: "\(index).md")), as: UTF8.self)
            try publisher.publish("\(index).html", inputDigest: "\(index)") {
                try ReportPage.render(markdown: markdown, title: "Report \(index)", asOf: asOf, templates: site.templates)
            }
        }
        try publisher.finish(in: store)
        return cpuSeconds() - before
    }
}

/// Hugo over Markdown texts in a bare layout.
struct HugoSite {
    private let folder: URL
    private let count: Int

    init(_ markdowns: [String], in folder: URL) throws {
        self.folder = folder
        count = markdowns.count
        func write(_ text: String, _ path: String) throws {
            let url = folder.appending(path: path)
            try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: url)
        }
        for (index, markdown) in markdowns.enumerated() {
            try write("---\ntitle: Report \(index)\n---\n" + markdown, "content/\(index).md")
        }
        try write("baseURL = 'https://example.org/'\ntitle = 'x'\ndisableKinds = ['taxonomy','term','RSS','sitemap']\n", "hugo.toml")
        let page = "<!doctype html><html><head><title>{{ .Title }}</title></head><body>{{ .Content }}</body></html>"
        try write(page, "layouts/_default/single.html")
        try write("<!doctype html><html><body>{{ len .Pages }}</body></html>", "layouts/_default/list.html")
    }

    /// Pages a CPU-second of one run over all of them; nil when Hugo is not there.
    func rate(toMemory: Bool = false) throws -> Double? {
        let before = childCPUSeconds()
        let process = Process()
        process.executableURL = URL(filePath: Peers.hugo)
        process.arguments = ["--source", folder.plainPath] + (toMemory ? ["--renderToMemory"] : [])
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        let said = String(decoding: (try? output.fileHandleForReading.readToEnd()) ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        let made = said.split(separator: "\n").first { $0.contains("Pages") }?.split(separator: " ").compactMap { Int($0) }.last ?? 0
        guard process.terminationStatus == 0, made >= count else {
            print("pages: Hugo failed: \(said.suffix(300))")
            return nil
        }
        return Double(count) / (childCPUSeconds() - before)
    }
}
