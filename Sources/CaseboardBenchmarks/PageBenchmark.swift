import Assets
import Foundation
import Model
import Pipeline
import Rendering

/// Ten thousand canvases and reports, rendered and written, beside Hugo over the same Markdown.
enum PageBenchmark {
    static let pages = 10_000

    static func run() throws {
        let folder = try benchFolder("pages")
        let site = BenchSite()
        let files = (1...pages).map { site.file($0) }
        let asOf = Instant(rfc3339: "2026-03-10T15:20:00Z") ?? Instant(ms: 0)

        let canvases = folder.appending(path: "canvas")
        try FileManager.default.createDirectory(at: canvases, withIntermediateDirectories: true)
        var before = cpuSeconds()
        for (index, file) in files.enumerated() {
            let bytes = try CanvasPage.render(file, asOf: asOf, templates: site.templates, site: site.bytes)
            try Data(bytes).write(to: canvases.appending(path: "\(index).html"))
        }
        let canvasRate = Double(pages) / (cpuSeconds() - before)

        let content = folder.appending(path: "hugo/content")
        try FileManager.default.createDirectory(at: content, withIntermediateDirectories: true)
        var markdowns: [String] = []
        before = cpuSeconds()
        for file in files { markdowns.append(try PostMortem.markdown(file, asOf: asOf, templates: site.templates)) }
        let draftSeconds = cpuSeconds() - before
        let reports = folder.appending(path: "report")
        try FileManager.default.createDirectory(at: reports, withIntermediateDirectories: true)
        before = cpuSeconds()
        for (index, markdown) in markdowns.enumerated() {
            let bytes = try ReportPage.render(markdown: markdown, title: "Report \(index)", asOf: asOf, templates: site.templates)
            try Data(bytes).write(to: reports.appending(path: "\(index).html"))
        }
        let reportSeconds = cpuSeconds() - before
        let reportRate = Double(pages) / reportSeconds
        print(
            "pages: canvas \(thousands(canvasRate)), report \(thousands(reportRate)) a CPU-second (drafting its Markdown: \(thousands(Double(pages) / draftSeconds)))"
        )

        for (index, markdown) in markdowns.enumerated() {
            let text = "---\ntitle: Report \(index)\n---\n" + markdown
            try text.write(to: content.appending(path: "\(index).md"), atomically: false, encoding: .utf8)
        }
        let hugo = folder.appending(path: "hugo")
        try "baseURL = 'https://example.org/'\ntitle = 'x'\ndisableKinds = ['taxonomy','term','RSS','sitemap']\n".write(
            to: hugo.appending(path: "hugo.toml"), atomically: true, encoding: .utf8)
        let layouts = hugo.appending(path: "layouts/_default")
        try FileManager.default.createDirectory(at: layouts, withIntermediateDirectories: true)
        try "<!doctype html><html><head><title>{{ .Title }}</title></head><body>{{ .Content }}</body></html>".write(
            to: layouts.appending(path: "single.html"), atomically: true, encoding: .utf8)
        try "<!doctype html><html><body>{{ len .Pages }}</body></html>".write(
            to: layouts.appending(path: "list.html"), atomically: true, encoding: .utf8)
        let childBefore = childCPUSeconds()
        let process = Process()
        process.executableURL = URL(filePath: Peers.hugo)
        process.arguments = ["--source", hugo.path(percentEncoded: false), "--quiet"]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return print("pages: \(Peers.missing)") }
        process.waitUntilExit()
        let made =
            (try? FileManager.default.contentsOfDirectory(atPath: hugo.appending(path: "public").path(percentEncoded: false)).count) ?? 0
        guard process.terminationStatus == 0, made >= pages else { return print("pages: Hugo failed (\(made) pages)") }
        let theirs = Double(pages) / (childCPUSeconds() - childBefore)
        print(
            "pages: Hugo \(thousands(theirs)) a CPU-second; ratio canvas \(twoDigits(canvasRate / theirs)), report \(twoDigits(reportRate / theirs))"
        )
    }
}

/// A case of about forty pieces of evidence, another one for each number.
struct BenchSite {
    let templates = Templates(assets: { EmbeddedAssets.bytes($0) })
    func bytes(_ path: String) -> [UInt8]? { EmbeddedAssets.bytes(path) }

    func file(_ number: Int) -> CaseFile {
        let start = Instant(ms: 1_773_000_000_000 + Int64(number) * 60_000)
        var items: [EvidenceItem] = []
        for index in 0..<40 {
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
