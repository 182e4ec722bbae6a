import Model

/// The page of one service: whether it is well, its investigations, what changed, who calls whom, its last day on one axis.
package enum ServicePage {
    static let casesShown = 100
    static let changesShown = 40
    static let signalsShown = 100
    static let metricsShown = 6

    package static func render(_ file: ServiceFile, frame: SiteFrame, templates: Templates) throws -> [UInt8] {
        let path = SiteAddress.service(file.name)
        let root = SiteFrame.root(of: path)
        let open = file.cases.filter { !$0.status.isEnded }.sorted(by: BoardPage.isWorse)
        let ended = file.cases.filter { $0.status.isEnded }.sorted { ($1.endAt.ms, $1.number) < ($0.endAt.ms, $0.number) }
        let cases = Array((open + ended).prefix(casesShown))
        let sentence = ServiceSentence(file, open: open, ended: ended, root: root, asOf: frame.asOf)
        let day = ServiceDay(file)
        let name = file.name.clipped(to: 80)
        let view: TemplateView = [
            "name": .text(name), "worst": .optional(open.first?.severity.rawValue), "sentence": Emphasis.view(sentence.pieces),
            "hasDay": .flag(!day.isEmpty), "day": day.isEmpty ? .absent : day.view, "noDay": .flag(day.isEmpty),
            "hasCases": .flag(!cases.isEmpty), "casesMeta": .text(count(cases.count, of: file.cases.count)),
            "findHint": "Filter by title or cause", "severityFilters": CaseTable.severityFilters(cases.map(\.severity)),
            "statusFilters": .list([]), "caseRows": CaseTable(cases, asOf: frame.asOf, root: root).rows,
            "changesMeta": .text(file.changes.isEmpty ? "none" : count(min(changesShown, file.changes.count), of: file.changes.count)),
            "hasChanges": .flag(!file.changes.isEmpty),
            "changes": .list(file.changes.prefix(changesShown).map { change($0, file: file, root: root, asOf: frame.asOf) }),
            "hasSignals": .flag(!file.signals.isEmpty),
            "signalsMeta": .text(count(min(signalsShown, file.signals.count), of: file.signals.count)),
            "signals": .list(file.signals.suffix(signalsShown).reversed().map { signal($0, file: file, root: root, asOf: frame.asOf) }),
            "callers": .list(file.callers.map { neighbour($0, root: root) }), "hasCallers": .flag(!file.callers.isEmpty),
            "callees": .list(file.callees.map { neighbour($0, root: root) }), "hasCallees": .flag(!file.callees.isEmpty),
        ]
        return try frame.page(
            "service.html", path: path, place: .services, title: name, description: sentence.pieces.map(\.text).joined(), view: view,
            templates: templates)
    }

    static func count(_ shown: Int, of all: Int) -> String {
        shown == all ? PageWords.count(all) : "\(PageWords.count(shown)) newest of \(PageWords.count(all))"
    }

    private static func neighbour(_ it: Neighbour, root: String) -> TemplateValue {
        [
            "neighbour": .text(it.name.clipped(to: 60)), "neighbourAddress": .text(root + SiteAddress.service(it.name)),
            "calls": .optional(it.calls > 1 ? "\(PageWords.count(it.calls)) calls" : nil),
            "openSeverity": .optional(it.openSeverity?.rawValue),
            "openAddress": .optional(it.openNumber.map { root + BoardPage.address($0) }), "openNumber": .number(it.openNumber ?? 0),
        ]
    }

    private static func change(_ event: Event, file: ServiceFile, root: String, asOf: Instant) -> TemplateValue {
        let suspect = file.cases.filter { $0.probableCause?.change == event.fingerprint }.map(\.number).max()
        return [
            "kindMark": .text(ChangeWords.isLive(event) ? "change" : "commit"), "iso": .text(event.occurredAt.rfc3339),
            "time": .text(PageWords.moment(event.occurredAt, near: asOf)), "changeName": .text(ChangeWords.name(event).clipped(to: 120)),
            "changeKind": .text(
                [ChangeWords.kind(event), event.environment ?? "", event.text(EventAttribute.author) ?? ""].filter { !$0.isEmpty }
                    .joined(separator: ", ").clipped(to: 100)),
            "suspectOf": .optional(suspect.map { root + BoardPage.address($0) }), "suspectNumber": .number(suspect ?? 0),
            "dayAddress": .text("\(root)\(SiteAddress.day(event.occurredAt.day))#\(CanvasAnchor.event(event.fingerprint))"),
        ]
    }

    private static func signal(_ event: Event, file: ServiceFile, root: String, asOf: Instant) -> TemplateValue {
        let number = file.caseOf[event.fingerprint]
        let anchor = "#" + CanvasAnchor.event(event.fingerprint)
        return [
            "severity": .text(MarkKind(event).word), "iso": .text(event.occurredAt.rfc3339),
            "time": .text(PageWords.moment(event.occurredAt, near: file.to)), "source": .text(event.source.rawValue),
            "signalTitle": .text(event.title.clipped(to: 160)),
            "signalAddress": .text(
                root + (number.map { BoardPage.address($0) } ?? SiteAddress.day(event.occurredAt.day)) + anchor),
            "caseNumber": .optional(number.map(String.init)),
        ]
    }
}

/// `Checkout is part of one critical investigation …`, or that it is well and since when.
struct ServiceSentence {
    let pieces: [Emphasis.Piece]

    init(_ file: ServiceFile, open: [Investigation], ended: [Investigation], root: String, asOf: Instant) {
        var said: [Emphasis.Piece] = []
        func say(_ text: String, strong: Bool = false, target: String? = nil) {
            said.append(Emphasis.Piece(text: text, isStrong: strong, target: target))
        }
        if let worst = open.first {
            say("One \(worst.severity.rawValue) investigation is open", strong: true)
            say(", for \(PageWords.duration(ms: max(0, asOf - worst.startedAt))): ")
            say(worst.title.clipped(to: 120), strong: true, target: root + BoardPage.address(worst.number))
            say(". ")
            if open.count > 1 {
                say("\(PageWords.capitalised(PageWords.spelled(open.count - 1))) more \(open.count == 2 ? "is" : "are") open. ")
            }
        } else {
            say("Nothing is open", strong: true)
            if let last = ended.first {
                say("; the last one ended \(PageWords.duration(ms: max(0, asOf - last.endAt))) ago: ")
                say(last.title.clipped(to: 120), strong: true, target: root + BoardPage.address(last.number))
                say(". ")
            } else {
                say(", and nothing has been. ")
            }
        }
        let live = file.changes.filter { ChangeWords.isLive($0) }
        if let newest = live.first {
            say(
                "The newest live change is \(ChangeWords.name(newest).clipped(to: 80)), \(PageWords.moment(newest.occurredAt, near: asOf))."
            )
        } else {
            say("No deployment of it is known.")
        }
        pieces = said
    }
}

/// The last day of a service, drawn.
struct ServiceDay {
    private let stack: LaneStack
    private let file: ServiceFile
    private let unshown: Int
    var isEmpty: Bool { stack.lanes.isEmpty }

    init(_ file: ServiceFile) {
        self.file = file
        let axis = TimeAxis(from: file.from, to: file.to)
        var lanes: [LaneStack.Lane] = []
        let live = file.changes.filter { ChangeWords.isLive($0) && axis.contains($0.occurredAt) }
        let marks =
            file.signals.map { LaneMark(at: $0.occurredAt, kind: MarkKind($0), target: "") }
            + live.map { LaneMark(at: $0.occurredAt, kind: .change, target: "") }
        if !marks.isEmpty { lanes.append(LaneStack.Lane(name: "Signals", measure: "and live changes", content: .marks(marks))) }
        if let logs = file.logs, !logs.minutes.isEmpty || !file.gaps.isEmpty {
            lanes.append(LaneStack.Lane(name: "Log lines", measure: "all; warnings under it", content: .logs(logs), gaps: file.gaps))
        }
        var series: [(rank: Double, lane: LaneStack.Lane)] = []
        for track in file.tracks {
            let anomalies = file.signals.filter { $0.text(EventAttribute.metric) == track.key.metric }
            let best = anomalies.max { ($0.strength, $1.fingerprint) < ($1.strength, $0.fingerprint) }
            let known = best.flatMap { TimelineView.usualRange(of: $0) }
            let usual = known ?? SeriesShape.usualRange(track, before: file.from)
            guard let shape = SeriesShape(track, on: axis, usual: usual) else { continue }
            let words = SeriesWords(track)
            let instance = track.key.instance.isEmpty ? "" : " \(track.key.instance)"
            series.append(
                (
                    best?.strength ?? 0,
                    LaneStack.Lane(
                        name: (words.name + instance).clipped(to: 60), measure: shape.usual == nil ? "nothing usual is known" : "",
                        usual: shape.usual.map { "usually " + words.range($0, dash: "–") } ?? "",
                        content: .series(shape, peakWords: shape.peak.map { words.value($0.value) } ?? ""))
                ))
        }
        let strongest = series.sorted { ($1.rank, $0.lane.name) < ($0.rank, $1.lane.name) }.prefix(ServicePage.metricsShown)
        unshown = max(0, file.seriesCount - strongest.count)
        lanes += strongest.map(\.lane)
        stack = LaneStack(
            axis: axis, lanes: lanes, changes: live.map(\.occurredAt),
            washes: file.cases.map {
                max($0.startedAt, file.from)...max(max($0.startedAt, file.from), min($0.status.isEnded ? $0.endAt : file.to, file.to))
            })
    }

    var view: TemplateValue {
        let axis = stack.axis
        let measured = stack.lanes.compactMap { lane -> [String]? in
            guard case .series(_, let peak) = lane.content else { return nil }
            return [lane.name, lane.usual.isEmpty ? "not known" : lane.usual, peak.isEmpty ? "stayed usual" : peak]
        }
        return [
            "span": .text(
                "\(PageWords.moment(axis.from, near: axis.to)) to \(PageWords.day(axis.to, near: axis.from)) \(axis.to.clockMinute) UTC"),
            "plot": .html(stack.html),
            "lanes": .list(
                stack.lanes.map {
                    [
                        "laneName": .text($0.name), "measure": .optional($0.measure), "usual": .optional($0.usual),
                        "laneKind": .text($0.height < 40 ? ($0.height < 32 ? "low" : "mid") : "tall"),
                    ]
                }),
            "remarks": .list(remarks.map { .text($0) }),
            "numbers": .numbers(["Metric", "Usual", "Farthest from usual"], measured),
        ]
    }
    private var remarks: [String] {
        var out = file.gaps.prefix(5).map {
            "No log lines between \(PageWords.moment($0.from, near: file.to)) and \(PageWords.moment($0.to, near: file.to))."
        }
        if unshown > 0 {
            out.append(
                "\(PageWords.count(unshown, "more series", "more series")) of it \(unshown == 1 ? "is" : "are") not drawn; those with anomalies come first."
            )
        }
        return out
    }
}

/// The list of all services.
package enum ServicesPage {
    package static func render(_ services: [ServiceLine], frame: SiteFrame, templates: Templates) throws -> [UInt8] {
        let open = services.filter { $0.openNumber != nil }
        let sentence =
            services.isEmpty
            ? "No service is known yet: they appear with the first evidence that names one."
            : open.isEmpty
                ? "\(PageWords.count(services.count, "service")), and nothing open in any of them."
                : "\(PageWords.capitalised(PageWords.spelled(open.count))) of \(PageWords.count(services.count, "service")) \(open.count == 1 ? "has" : "have") something open."
        let ordered = services.sorted {
            ($0.openSeverity?.rank ?? 9, -$0.recentCount, $0.name) < ($1.openSeverity?.rank ?? 9, -$1.recentCount, $1.name)
        }
        return try frame.page(
            "services.html", path: SiteAddress.services, place: .services, title: "Services", description: sentence,
            view: [
                "sentence": .text(sentence), "hasServices": .flag(!services.isEmpty), "meta": .text(PageWords.count(services.count)),
                "findHint": "Filter by name", "severityFilters": .list([]), "statusFilters": .list([]),
                "services": .list(
                    ordered.map { line in
                        [
                            "name": .text(line.name.clipped(to: 80)), "address": .text("../" + SiteAddress.service(line.name)),
                            "openSeverity": .optional(line.openSeverity?.rawValue), "openNumber": .number(line.openNumber ?? 0),
                            "openAddress": .optional(line.openNumber.map { "../" + BoardPage.address($0) }),
                            "recent": .text(PageWords.count(line.recentCount)), "cases": .text(PageWords.count(line.caseCount)),
                            "last": .text(line.lastAt.map { PageWords.day($0, near: frame.asOf) } ?? "never"),
                            "callers": .text(PageWords.count(line.callers)), "callees": .text(PageWords.count(line.callees)),
                        ]
                    }),
            ], templates: templates)
    }
}
