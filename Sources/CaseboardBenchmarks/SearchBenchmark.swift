import Foundation
import Model
import Rendering

/// The search of ten thousand investigations beside Pagefind over pages of the same words.
///
/// Both start from what they index (ours from values, Pagefind from a page of HTML with the same title, text and nothing else)
/// and end with every file of the index on disk.
enum SearchBenchmark {
    static let count = 10_000

    static func run() throws {
        let folder = try benchFolder("search")
        let documents = (1...count).map { document($0) }
        let before = cpuSeconds()
        let files = SearchIndex.files(documents)
        try write(files, to: folder)
        let ours = Double(documents.count) / (cpuSeconds() - before)
        let bytes = files.reduce(0) { $0 + $1.bytes.count }
        print("search: \(thousands(ours)) documents a CPU-second, \(files.count) files, \(bytes >> 20) MB, peak \(peakMegabytes()) MB")
        func largest(_ prefix: String) -> Int { files.filter { $0.path.hasPrefix(prefix) }.map(\.bytes.count).max() ?? 0 }
        let index = files.first { $0.path == "search/index.js" }?.bytes.count ?? 0
        // A first search of one word: the list of files, the file of the word, two more for words that begin like it, and the
        // documents of the first eight results.
        let most = index + 3 * largest("search/t-") + 8 * largest("search/d-")
        print(
            "search: a first search of one word reads at most \(most >> 10) KB; with a wrong first letter \((most + largest("search/words")) >> 10) KB"
        )

        let again = SearchIndex.files(documents.map { $0.id == 77 ? document(documents.count + 1) : $0 })
        let known = Dictionary(files.map { ($0.path, $0.bytes) }, uniquingKeysWith: { first, _ in first })
        print("search: with one investigation exchanged \(again.count { known[$0.path] != $0.bytes }) of \(again.count) files change")

        guard let theirs = try pagefind(documents, in: folder) else { return print("search: \(Peers.missing)") }
        print("search: Pagefind \(thousands(theirs)) pages a CPU-second; ratio \(twoDigits(ours / theirs))")
    }

    private static func write(_ files: [SearchIndex.File], to folder: URL) throws {
        try FileManager.default.createDirectory(at: folder.appending(path: "search"), withIntermediateDirectories: true)
        for file in files { try Data(file.bytes).write(to: folder.appending(path: file.path)) }
    }

    /// Nouns and numbers as incidents have them: some in every second case, some in one.
    private static func document(_ number: Int) -> SearchDocument {
        var seed = UInt64(number) &* 0x9E37_79B9_7F4A_7C15
        func next(_ count: Int) -> Int {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(truncatingIfNeeded: (seed >> 33) % UInt64(count))
        }
        let services = ["checkout", "payments", "cart", "orders", "inventory", "search", "storefront", "mail", "shop-db", "identity"]
        let faults = [
            "connection pool exhausted", "request timed out", "out of memory", "certificate expired", "disk full", "queue lag grows",
            "deadlock detected", "rate limit reached",
        ]
        func word() -> String {
            "\(["alpha", "river", "stone", "maple", "ember", "cobalt", "harbor", "violet"][next(8)])\(["gate", "worker", "index", "cache", "token", "stream", "bridge", "ledger"][next(8)])\(next(400))"
        }
        let (service, other) = (services[next(10)], services[next(10)])
        let fault = faults[next(8)]
        let pieces = (0..<6).map { "\(services[next(10)]): \(faults[next(8)]) in \(word()) after \(next(9_000)) ms, host \(word())-\($0)" }
        return SearchDocument(
            id: number, kind: .investigation, title: "\(service) fails: \(fault)", address: "investigations/\(number)/index.html",
            mark: "high",
            remark: "#\(number), resolved, \(service) \(other)",
            pieces: [
                SearchDocument.Piece(
                    "The deploy of \(other) \(next(9)).\(next(40)).\(next(9)) probably caused it: \(fault) in \(word()) of \(word()).")
            ] + pieces.map { SearchDocument.Piece($0, anchor: "#e-\(number)") },
            hidden: [
                "\(String(seed, radix: 16))\(String(seed &* 31, radix: 16))", "Change the \(word()) of \(word()) for \(word())",
                "author \(word())",
            ])
    }

    private static func pagefind(_ documents: [SearchDocument], in folder: URL) throws -> Double? {
        guard FileManager.default.isExecutableFile(atPath: Peers.python) else { return nil }
        let pages = folder.appending(path: "pages")
        for document in documents {
            let url = pages.appending(path: document.address)
            try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            let text = (document.pieces.map(\.text) + document.hidden).map { "<p>\($0)</p>" }.joined(separator: "\n")
            let page =
                "<!doctype html><html lang=\"en\"><head><title>\(document.title)</title></head><body><h1>\(document.title)</h1><p>\(document.remark)</p>\n\(text)</body></html>"
            try page.write(to: url, atomically: false, encoding: .utf8)
        }
        let before = childCPUSeconds()
        let process = Process()
        process.executableURL = URL(filePath: Peers.python)
        process.arguments = ["-m", "pagefind", "--site", pages.path(percentEncoded: false)]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        process.waitUntilExit()
        guard process.terminationStatus == 0,
            FileManager.default.fileExists(atPath: pages.appending(path: "pagefind").path(percentEncoded: false))
        else { return nil }
        return Double(documents.count) / (childCPUSeconds() - before)
    }
}
