import Correlation
import Foundation
import Model
import Rendering
import Signals
import Store
import Yams

/// `caseboard investigate DIR`: the same rooms over one bundle, without configuration and without a store that stays.
package enum BundleInvestigation {
    package static func run(folder: URL, out: URL?, now: Instant, ignoresHints: Bool, progress: ProgressLine) async throws -> Answer {
        guard FileExists.at(folder) else { throw PipelineError.cannotRead(path: folder.plainPath, reason: "there is no such folder") }
        let bundle = ignoresHints ? try Bundle.read(folder).withoutHints : try Bundle.read(folder)
        let configuration = try self.configuration(bundle, folder)
        if configuration.sources.isEmpty { throw PipelineError.noEvidence(path: folder.plainPath) }
        let context = try RunContext(bundle: folder, configuration: configuration, now: now, progress: progress)
        let collect = try Collect(context)
        var collected = try await collect.run { !$0.hasPrefix(baselinePrefix) }
        let extent = try context.store.telemetryExtent()
        collected.add(try await collect.run { $0.hasPrefix(baselinePrefix) })
        _ = try DeriveSignals(context).run()
        progress.say("ranking causes")
        var code = await CodeReading(collect.connectors, now: now)
        let file = try await decide(context, bundle, &code, extent: extent, ignoresHints: ignoresHints)
        progress.clear()
        if let out { try publish(file, to: out, context) }
        return answer(file, collected, out: out, now: now)
    }

    // MARK: - The bundle

    struct Bundle {
        var title: String?
        var startedAt: Instant?
        var detectedAt: Instant?
        var from: Instant?
        var to: Instant?
        var environment: String?
        var baseline: String?
        var services: [ServiceDeclaration] = []

        /// As if it said nothing of when.
        var withoutHints: Bundle {
            var bundle = self
            (bundle.startedAt, bundle.detectedAt, bundle.from, bundle.to) = (nil, nil, nil, nil)
            return bundle
        }

        static func read(_ folder: URL) throws -> Bundle {
            var bundle = Bundle()
            let url = folder.appending(path: "bundle.yaml")
            guard let text = try? String(contentsOf: url, encoding: .utf8) else { return bundle }  // optional
            guard let node = try? Yams.compose(yaml: text), let map = YAMLMap(node, file: "bundle.yaml") else {
                throw PipelineError.configuration([
                    Diagnostic(file: "bundle.yaml", line: 1, column: 1, message: "this is not a YAML mapping", remedy: "see docs/bundle.md")
                ])
            }
            func moment(_ node: Node?) throws -> Instant? {
                guard let node, let text = node.scalarText, !text.isEmpty else { return nil }
                if let instant = Instant(text: text) { return instant }
                throw PipelineError.configuration([
                    Diagnostic(
                        file: "bundle.yaml", line: node.place.line, column: node.place.column,
                        message: "`\(text.clipped(to: 60))` is not a time",
                        remedy: "write RFC 3339 or epoch digits")
                ])
            }
            bundle.title = map["title"]?.scalarText
            bundle.startedAt = try moment(map["started_at"])
            bundle.detectedAt = try moment(map["detected_at"])
            if let window = map["window"].flatMap({ YAMLMap($0, file: "bundle.yaml") }) {
                bundle.from = try moment(window["from"])
                bundle.to = try moment(window["to"])
            }
            bundle.environment = map["environment"]?.scalarText
            bundle.baseline = map["baseline"]?.scalarText
            bundle.services = (map["services"]?.items ?? []).compactMap { item in
                if let name = item.scalarText { return ServiceDeclaration(name: name) }
                guard let entry = YAMLMap(item, file: "bundle.yaml"), let name = entry["name"]?.scalarText else { return nil }
                return ServiceDeclaration(name: name, aliases: entry["aliases"]?.texts ?? [])
            }
            return bundle
        }
    }

    /// A source for each part of the bundle that is there; the baseline's telemetry is read like the rest, it is earlier.
    private static func configuration(_ bundle: Bundle, _ folder: URL) throws -> Configuration {
        var configuration = Configuration()
        configuration.title = bundle.title ?? folder.lastPathComponent
        configuration.environment = bundle.environment
        configuration.services = bundle.services
        var roots = [(folder, "")]  // a quiet time may be earlier or later
        if let baseline = bundle.baseline {
            let url = URL(filePath: baseline, relativeTo: folder.appending(path: "/")).standardizedFileURL
            if FileExists.at(url) { roots.append((url, baselinePrefix)) }
        }
        for (root, prefix) in roots {
            for (name, kind, patterns) in Self.parts {
                let part = root.appending(path: name)
                guard FileExists.at(part) else { continue }
                let paths = patterns.map { root.plainPath.withTrailingSlash + $0 }
                let setting = kind == "git" ? SettingNode(.scalar(paths[0])) : SettingNode(.list(paths))
                var settings = ["path": setting]
                if kind == "logs", let environment = bundle.environment { settings["environment"] = SettingNode(.scalar(environment)) }
                configuration.sources.append(
                    SourceDeclaration(name: prefix + name.replacing(".csv", with: ""), kind: kind, settings: settings))
            }
        }
        return configuration
    }

    private static let baselinePrefix = "baseline-"
    private static let parts: [(name: String, kind: String, patterns: [String])] = [
        ("git", "git", ["git"]), ("changes", "changes", ["changes/*"]), ("topology.csv", "topology", ["topology.csv"]),
        ("logs", "logs", ["logs/**"]), ("metrics", "metrics", ["metrics/**"]), ("traces", "traces", ["traces/**"]),
        ("tests", "junit", ["tests/**"]), ("alerts", "alerts", ["alerts/*"]), ("feeds", "feed", ["feeds/*"]),
        ("reports", "reports", ["reports/*"]),
    ]

    // MARK: - The verdict

    private static func decide(
        _ context: RunContext, _ bundle: Bundle, _ code: inout CodeReading, extent: ClosedRange<Instant>?, ignoresHints: Bool
    ) async throws -> CaseFile {
        let store = context.store
        let from = bundle.from ?? Instant.representable.lowerBound
        let to = max(from, bundle.to ?? Instant.representable.upperBound)
        let all = try store.events(in: Instant.representable, roles: nil)
        // What was derived from the quiet time of a baseline is no signal of the incident.
        let own = extent.flatMap { bundle.baseline == nil ? nil : ($0.lowerBound - .minuteMs)...$0.upperBound }
        let events = all.filter { event in
            if event.role == .change { return true }
            if event.origin == "caseboard", let own, !own.contains(event.occurredAt) { return false }
            return (from...to).contains(event.occurredAt)
        }
        var map = try store.serviceMap()
        for service in context.configuration.services { map.add(service: service.name) }
        for event in events { if let service = event.service { map.add(service: service) } }
        let hint = ignoresHints ? nil : bundle.startedAt
        var window = CorrelationWindow(
            events: events, map: map, now: context.now, rules: context.configuration.rules, isSingleIncident: true, startHint: hint)
        if let extent, extent.lowerBound <= to, extent.upperBound >= from {
            let range = max(from, extent.lowerBound)...min(to, extent.upperBound)
            let telemetry = try CaseEvidenceReading(store: store, map: map).telemetry(of: range, quiet: Instant.representable)
            window.readings[""] = CauseReadings.read(telemetry, hint: hint)
        }
        if !code.isEmpty, let question = Correlator.moments(window, asksCode: true).first?.question {
            window.code[""] = await code.answer(question)
        }
        let changes = Correlator.decide(window)
        try store.apply(changes, at: context.now, author: "caseboard")
        guard let number = try store.caseStamps().filter({ !$0.isDeleted }).map(\.number).min(),
            let snapshot = try store.snapshot(number: number)
        else {
            throw PipelineError.noEvidence(path: context.workspace.root.plainPath)
        }
        var file = try CaseFileAssembly(store: store, now: context.now).file(of: snapshot)
        if let title = bundle.title, !title.isEmpty { file.investigation.title = title.clipped(to: Limits.titleCharacters) }
        return file
    }

    private static func publish(_ file: CaseFile, to out: URL, _ context: RunContext) throws {
        let templates = Templates(assets: { [assets = context.assets] in assets.bytes($0) })
        var publisher = SitePublisher(root: out, known: [:], now: context.now)
        try publisher.publish("index.html", inputDigest: "") {
            try CanvasPage.render(file, asOf: context.now, templates: templates, place: .alone)
        }
        let markdown = try PostMortem.markdown(file, asOf: context.now, templates: templates, place: .alone)
        try publisher.publish("report.md", inputDigest: "") { Array(markdown.utf8) }
        try publisher.publish("report.html", inputDigest: "") {
            try PostMortem.page(file, asOf: context.now, templates: templates, place: .alone)
        }
        try publisher.publish("investigation.json", inputDigest: "") { Array((APIDocuments.investigationAnswer(file).text + "\n").utf8) }
    }

    private static func answer(_ file: CaseFile, _ collected: RunSummary.Collected, out: URL?, now: Instant) -> Answer {
        var lines = CaseText.summary(file, now: now, evidenceLimit: 25)
        if let out { lines += ["", Line("the canvas is \(out.appending(path: "index.html").plainPath)", .faint)] }
        for failure in collected.failures { lines.append(Line(failure, .high)) }
        if collected.deadLetters > 0 { lines.append(Line("\(counted(collected.deadLetters, "item")) could not be read", .medium)) }
        return Answer(
            lines: lines, json: APIDocuments.investigationAnswer(file),
            exitCode: collected.deadLetters > 0 || !collected.failures.isEmpty ? 1 : 0)
    }
}

extension String {
    var withTrailingSlash: String { hasSuffix("/") ? self : self + "/" }
}
