import Foundation
import LabelledCases
import Model
import Testing

@testable import Pipeline

/// How right the ranking is on made-up incidents, so that it does not fall unnoticed; `make accuracy` prints more.
@Suite struct LabelledCasesTests {
    private static let seeds: ClosedRange<UInt64> = 1...2
    private static let now = Instant(ms: 1_795_000_000_000)

    /// The place of the true service among those named, from 1; nil when it is not.
    private func rank(_ made: LabelledCase, ignoresHints: Bool) async throws -> Int? {
        let root = FileManager.default.temporaryDirectory.appending(path: "case-\(made.name)-\(ignoresHints)")
        defer { try? FileManager.default.removeItem(at: root) }
        for (path, text) in made.files {
            let file = root.appending(path: path)
            try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        let answer = try await BundleInvestigation.run(
            folder: root.appending(path: "bundle"), out: nil, now: Self.now, ignoresHints: ignoresHints, progress: .silent)
        var services: [String] = []
        for cause in answer.json["causes"]?.arrayValue ?? [] {
            if let service = cause["service"]?.stringValue, !services.contains(service) { services.append(service) }
        }
        return services.firstIndex(of: made.service).map { $0 + 1 }
    }

    @Test(arguments: [false, true]) func `the service at fault comes first in most families`(ignoresHints: Bool) async throws {
        var first: [FaultFamily: Int] = [:]
        var total = 0
        for family in FaultFamily.allCases {
            for seed in Self.seeds {
                let rank = try await rank(CaseMaker.make(family, seed: seed), ignoresHints: ignoresHints)
                if rank == 1 { first[family, default: 0] += 1 }
                total += 1
            }
        }
        let missed = FaultFamily.allCases.filter { first[$0] != Self.seeds.count }.map(\.rawValue)
        #expect(first.values.reduce(0, +) >= total - 4, "not always first: \(missed.joined(separator: ", "))")
    }
}
