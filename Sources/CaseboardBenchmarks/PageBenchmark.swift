import Assets
import Foundation
import Model
import Pipeline
import Rendering

/// Ten thousand canvases and reports beside Hugo over the same Markdown, all of them rendered to memory.
///
/// Hugo makes a page of one Markdown text in a bare layout. A report is the same Markdown as a page of ours; a canvas is the
/// page of a small case that has this Markdown as its note. The canvas of forty pieces of evidence has no like at Hugo's and
/// is printed for its own sake.
enum PageBenchmark {
    static let pages = 10_000

    static func run() throws {
        let folder = try benchFolder("pages")
        let site = BenchSite()
        let asOf = Instant(rfc3339: "2026-03-10T15:20:00Z") ?? Instant(ms: 0)
        var markdowns: [String] = []
        for number in 1...pages { markdowns.append(try PostMortem.markdown(site.file(number), asOf: asOf, templates: site.templates)) }

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
            "pages: canvas \(thousands(canvases.rate)) of \(canvases.bytes >> 10) KB, report \(thousands(reports.rate)) of \(reports.bytes >> 10) KB a CPU-second; canvas of forty pieces \(thousands(large.rate)) of \(large.bytes >> 10) KB"
        )
        guard let hugo = try hugoRate(markdowns, in: folder.appending(path: "hugo")) else { return print("pages: \(Peers.missing)") }
        let together = 2 / (1 / canvases.rate + 1 / reports.rate)
        print(
            "pages: Hugo \(thousands(hugo)) a CPU-second; ratio \(twoDigits(together / hugo)): canvas \(twoDigits(canvases.rate / hugo)), report \(twoDigits(reports.rate / hugo)), canvas of forty pieces \(twoDigits(large.rate / hugo))"
        )
    }

    /// Pages a CPU-second, and bytes a page.
    private static func rate(_ count: Int, _ render: (Int) throws -> [UInt8]) throws -> (rate: Double, bytes: Int) {
        var bytes = 0
        let before = cpuSeconds()
        for index in 0..<count { bytes += try render(index).count }
        return (Double(count) / (cpuSeconds() - before), bytes / max(1, count))
    }

    private static func hugoRate(_ markdowns: [String], in hugo: URL) throws -> Double? {
        func write(_ text: String, _ path: String) throws {
            let url = hugo.appending(path: path)
            try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try text.write(to: url, atomically: false, encoding: .utf8)
        }
        for (index, markdown) in markdowns.enumerated() {
            try write("---\ntitle: Report \(index)\n---\n" + markdown, "content/\(index).md")
        }
        try write("baseURL = 'https://example.org/'\ntitle = 'x'\ndisableKinds = ['taxonomy','term','RSS','sitemap']\n", "hugo.toml")
        let page = "<!doctype html><html><head><title>{{ .Title }}</title></head><body>{{ .Content }}</body></html>"
        try write(page, "layouts/_default/single.html")
        try write("<!doctype html><html><body>{{ len .Pages }}</body></html>", "layouts/_default/list.html")
        let before = childCPUSeconds()
        let process = Process()
        process.executableURL = URL(filePath: Peers.hugo)
        process.arguments = ["--source", hugo.path(percentEncoded: false), "--renderToMemory"]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        let said = String(decoding: (try? output.fileHandleForReading.readToEnd()) ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        let made = said.split(separator: "\n").first { $0.contains("Pages") }?.split(separator: " ").compactMap { Int($0) }.last ?? 0
        guard process.terminationStatus == 0, made >= markdowns.count else {
            print("pages: Hugo failed: \(said.suffix(300))")
            return nil
        }
        return Double(markdowns.count) / (childCPUSeconds() - before)
    }
}

/// A case of about forty pieces of evidence, another one for each number.
struct BenchSite {
    let templates = Templates(assets: { EmbeddedAssets.bytes($0) })
    func bytes(_ path: String) -> [UInt8]? { EmbeddedAssets.bytes(path) }

    func file(_ number: Int, pieces: Int = 40) -> CaseFile {
        let start = Instant(ms: 1_773_000_000_000 + Int64(number) * 60_000)
        var items: [EvidenceItem] = []
        for index in 0..<pieces {
            let service = ["checkout", "payments", "shop-db", "cart"][index % 4]
            let event = Event(
                source: [.logs, .metrics, .traces, .alerts][index % 4],
                type: [.errorBurst, .metricAnomaly, .slowOperation, .alert][index % 4],
                subject: "\(number)-\(index)", at: start + Int64(index) * 7_000, severity: [.high, .medium, .critical, .low][index % 4],
                title: "Message \(index) of case \(number): connection refused after \(index * 13) ms", service: service,
                attributes: ["strength": 0.8, "count": .int(Int64(index * 3))])
            let terms = [
                Term(name: "time", value: 0.7, why: "\(index) s after the first failure"),
                Term(name: "topology", value: 0.5, why: "called by checkout"),
                Term(name: "entity", value: 0.4, why: "same host"),
            ]
            items.append(
                EvidenceItem(
                    evidence: Evidence(fingerprint: event.fingerprint, eventID: event.id, confidence: 0.8, terms: terms), event: event))
        }
        let hypothesis = Hypothesis(
            rank: 1, kind: .change, service: "checkout", name: "Deploy of checkout 4.\(number).0", score: 0.87,
            terms: [Term(name: "change", value: 0.6, why: "live 128 s before")], summary: "It was live 128 s before the first failure.")
        let investigation = Investigation(
            key: "case_\(number)", number: number, title: "Payments fail in case \(number)", verdict: "The deploy probably caused it.",
            severity: .critical,
            startedAt: start, lastSignalAt: start + 280_000, services: ["checkout", "payments", "shop-db", "cart"],
            impact: "31 % of checkouts failed.",
            hypotheses: [hypothesis])
        return CaseFile(investigation: investigation, items: items, from: start - 60_000, to: start + 340_000)
    }
}
