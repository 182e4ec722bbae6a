import Model

/// The sources and their states, worst in words under the name; and what went live in the last day.
struct BoardSources {
    let file: BoardFile

    var view: TemplateView {
        let well = file.sources.filter { $0.state == .well }.count
        let changes = file.recentChanges.prefix(BoardPage.changesShown)
        return [
            "sourcesMeta": .optional(
                file.sources.isEmpty
                    ? nil
                    : well == file.sources.count
                        ? (well == 1 ? "well" : "all \(PageWords.count(well)) are well")
                        : "\(PageWords.count(well)) of \(PageWords.count(file.sources.count)) \(well == 1 ? "is" : "are") well"),
            "noSources": .flag(file.sources.isEmpty), "hasSources": .flag(!file.sources.isEmpty),
            "sources": .list(file.sources.map { Self.source($0, root: "", asOf: file.asOf) }),
            "changesMeta": .optional(changes.isEmpty ? nil : PageWords.count(file.recentChanges.count)),
            "noChanges": .flag(changes.isEmpty), "hasChanges": .flag(!changes.isEmpty), "changes": .list(changes.map(change)),
            "moreChanges": .optional(
                file.recentChanges.count > changes.count ? "And \(PageWords.count(file.recentChanges.count - changes.count)) earlier." : nil
            ),
        ]
    }

    static func source(_ source: SourceHealth, root: String, asOf: Instant) -> TemplateValue {
        let silentFrom = source.newestAt.map { 1 - Double(max(0, asOf - $0)) / Double(Int64.dayMs) }
        let isSilent = source.state == .stopped || source.state == .late || source.state == .failing || source.state == .gap
        return [
            "name": .text(source.name.clipped(to: 60)), "sourceAddress": .text(root + SiteAddress.source(source.name)),
            "state": .optional(source.state == .well ? nil : word(source.state)),
            "stateMark": .text(mark(source.state)), "remark": .optional(source.remark.clipped(to: 200)),
            "dead": .optional(source.deadLetterCount > 0 ? "\(PageWords.count(source.deadLetterCount)) could not be read" : nil),
            "spark": .html(Sparks.source(source.recent, silentFrom: isSilent ? silentFrom : nil)),
            "newest": .text(source.newestAt.map { PageWords.duration(ms: max(0, asOf - $0)) } ?? "never"),
        ]
    }
    static func word(_ state: SourceHealth.State) -> String {
        switch state {
        case .well: "well"
        case .gap: "gap"
        case .late: "late"
        case .stopped: "stopped"
        case .empty: "empty"
        case .failing: "failing"
        }
    }
    static func mark(_ state: SourceHealth.State) -> String {
        switch state {
        case .well: "good"
        case .gap, .late: "medium"
        case .stopped, .failing: "high"
        case .empty: "info"
        }
    }

    private func change(_ event: Event) -> TemplateValue {
        let suspects = file.items.filter { item in
            let it = item.investigation
            return !it.isDeleted && it.mergedInto == nil
                && (it.probableCause?.change == event.fingerprint
                    || it.suspects.first.map { $0.change == event.fingerprint && $0.score >= 0.5 } == true)
        }
        let place = [
            ChangeWords.kind(event), event.environment ?? "",
            ChangeWords.name(event).contains(event.service ?? "") ? "" : event.service ?? "",
        ]
        return [
            "time": .text(
                event.occurredAt.day == file.asOf.day
                    ? event.occurredAt.clockMinute : PageWords.day(event.occurredAt, near: file.asOf) + " " + event.occurredAt.clockMinute),
            "iso": .text(event.occurredAt.rfc3339), "name": .text(ChangeWords.name(event).clipped(to: 100)),
            "kind": .text(place.filter { !$0.isEmpty }.joined(separator: ", ").clipped(to: 100)),
            "hasSuspect": .flag(!suspects.isEmpty),
            "suspectOf": .list(
                suspects.prefix(3).map {
                    ["address": .text(BoardPage.address($0.investigation.number)), "number": .number($0.investigation.number)]
                }),
        ]
    }
}
