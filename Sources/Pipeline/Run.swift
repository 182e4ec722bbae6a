import Foundation
import Model
import Store

package enum Step: String, CaseIterable, Sendable { case collect, correlate, render, report, deliver }

/// `caseboard run`: the order of work, and nothing else.
package enum CaseboardRun {
    package static func run(
        in workspace: Workspace, steps: [Step], now: Instant, progress: ProgressLine, since: Instant? = nil, isDryRun: Bool = false
    ) async throws -> Answer {
        let configuration = try ConfigurationReader.read(workspace.configuration)
        let lock = try RunLock(workspace.lock)
        defer { withExtendedLifetime(lock) {} }
        let context = try RunContext(
            workspace: workspace, configuration: configuration, now: now, progress: progress, isDryRun: isDryRun, since: since)
        var summary = RunSummary()
        for step in Step.allCases where steps.contains(step) {
            switch step {
            case .collect:
                summary.collected = try await Collect(context).run()
                summary.signals = try DeriveSignals(context).run()
            case .correlate:
                summary.cases = try await CorrelateCases(context).run()
                try SimilarCases(store: context.store).update()
                try RelatedCases(store: context.store).update(map: context.serviceMap())
            case .render: summary.filesWritten += try RenderSite(context, writes: .pages).run()
            case .report: summary.filesWritten += try RenderSite(context, writes: .reports).run()
            case .deliver: summary.delivered = try await DeliverDigests(context).run()
            }
        }
        progress.clear()
        try context.finishRun(summary)
        return summary.answer(board: isDryRun ? nil : workspace.board.plainPath, steps: steps)
    }
}
