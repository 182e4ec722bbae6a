import Foundation
import Model
import Pipeline
import Store

/// The whole site of ten thousand investigations, each run in a process of its own: from nothing, again with nothing new, and with
/// one investigation renamed. A page is a canvas or a report; what else a run writes (lists, API, search) is in its time.
enum SiteBenchmark {
    static let cases = 10_000

    static func run(in folder: URL, _ hugo: HugoSite) throws {
        try FileManager.default.createDirectory(at: folder.appending(path: "var"), withIntermediateDirectories: true)
        try Data("title: Bench\nsources: []\n".utf8).write(to: folder.appending(path: "caseboard.yaml"))
        let workspace = Workspace(root: folder)
        try fill(workspace)
        guard let cold = publish(folder), let again = publish(folder) else { return print("pages: the run did not end") }
        try rename(workspace)
        guard let changed = publish(folder) else { return print("pages: the run did not end") }
        // Without its last file all of the search is made again and compared.
        try FileManager.default.removeItem(at: workspace.site.appending(path: "search/index.js"))
        guard let searched = publish(folder) else { return print("pages: the run did not end") }
        let pages = Double(2 * cases)
        print(
            "pages: site of \(cases) investigations: \(thousands(pages / cold.cpu)) pages a CPU-second into \(cold.files) files, peak \(cold.peak) MB; one renamed: \(changed.files) files in \(twoDigits(changed.cpu)) CPU-seconds, peak \(changed.peak) MB; the search alone \(twoDigits(searched.cpu - again.cpu))"
        )
        print("pages: nothing new: \(thousands(pages / again.cpu)) pages a CPU-second, \(again.files) files, peak \(again.peak) MB")
        guard let theirs = try hugo.rate() else { return print("pages: \(Peers.missing)") }
        print("pages: nothing new Hugo \(thousands(theirs)) a CPU-second; ratio \(twoDigits(pages / again.cpu / theirs))")
    }

    private static func publish(_ folder: URL) -> (files: Int, cpu: Double, peak: Int)? {
        guard let said = peer(CommandLine.arguments[0], ["publish-of", folder.plainPath]), said.count == 3 else { return nil }
        return (Int(said[0]), said[1], Int(said[2]))
    }

    /// One run; prints the files written, its CPU-seconds and its peak of memory in megabytes.
    static func publish(_ folder: URL) async throws {
        let answer = try await CaseboardRun.run(
            in: Workspace(root: folder), steps: [.render, .report], now: PageBenchmark.asOf, progress: .silent)
        print(answer.json["files_written"]?.intValue ?? 0, cpuSeconds(), peakMegabytes())
    }

    /// Investigations fifty minutes apart; the newest fifty are open.
    private static func fill(_ workspace: Workspace) throws {
        let store = try CaseStore.open(path: workspace.database.plainPath)
        let site = BenchSite()
        for start in stride(from: 1, through: cases, by: 500) {
            let files = (start..<start + 500).map { number in
                var file = site.file(number, pieces: 4, at: PageBenchmark.asOf - Int64(cases - number + 1) * 50 * .minuteMs)
                if number <= cases - 50 {
                    file.investigation.status = .closed
                    file.investigation.resolvedAt = file.investigation.lastSignalAt + .hourMs
                }
                return file
            }
            try store.transaction { _ = try store.append(files.flatMap { $0.items.map(\.event) }) }
            try store.apply(
                files.map {
                    .open(
                        CaseSnapshot(investigation: $0.investigation, evidence: $0.items.map(\.evidence), isSettled: true),
                        reasons: ["opened"])
                }, at: PageBenchmark.asOf, author: "caseboard")
        }
        try store.clearDirtyRanges()
    }

    private static func rename(_ workspace: Workspace) throws {
        let store = try CaseStore.open(path: workspace.database.plainPath)
        guard var snapshot = try store.snapshot(number: cases / 2) else { return }
        snapshot.investigation.title = "Payments fail in another way"
        try store.apply([.update(snapshot, reasons: ["renamed"])], at: PageBenchmark.asOf, author: "ada")
        try store.clearDirtyRanges()
    }
}
