import Model

/// The words of a case. They follow from its evidence alone: none counts minutes to now, so that nothing changes by itself.
enum Verdict {
    /// `checkout: PoolTimeout after deploy 4.18.0`
    static func title(blast: BlastRadius, ranking: CauseRanking) -> String {
        guard let first = blast.firstFailure else { return "Nothing failed" }
        let told = teller(first, blast)
        var symptom = symptom(of: told)
        let service = first.service
        if !service.isEmpty {
            for prefix in [service + ": ", service + " "] where symptom.lowercased().hasPrefix(prefix.lowercased()) {
                symptom = String(symptom.dropFirst(prefix.count))
            }
        }
        let head = service.isEmpty ? symptom : "\(service): \(symptom)"
        return (head.clipped(to: 110) + after(ranking, service: service)).clipped(to: Limits.titleCharacters)
    }

    /// An exception named beside the first failure says more than a rate.
    private static func teller(_ first: Signal, _ blast: BlastRadius) -> Signal {
        if first.event.text(EventAttribute.exception) != nil || first.nature == .test { return first }
        return blast.leading.first {
            $0.service == first.service && $0.event.text(EventAttribute.exception) != nil
                && Moments.elapsed(first.startMs, $0.startMs) <= 5 * 60_000
        } ?? first
    }

    static func symptom(of signal: Signal) -> String {
        let event = signal.event
        if signal.nature == .test, let test = event.text(EventAttribute.test) { return "\(test.clipped(to: 80)) fails" }
        if let exception = event.text(EventAttribute.exception), !exception.isEmpty {
            return Phrases.simpleClass(exception).clipped(to: 80)
        }
        if let operation = event.text(EventAttribute.operation), !operation.isEmpty {
            if event.type == .slowOperation { return "\(operation.clipped(to: 80)) is slow" }
            if event.type == .errorSpans { return "\(operation.clipped(to: 80)) fails" }
        }
        if event.type == .logSilence { return "its logs fell silent" }
        var title = event.title
        for prefix in ["New message: ", "New error: ", "Burst: "] where title.hasPrefix(prefix) {
            title = String(title.dropFirst(prefix.count))
        }
        if let cut = title.firstIndex(of: ";") { title = String(title[..<cut]) }
        return shortened(title)
    }
    private static let symptomCharacters = 60

    /// A message at the length of a headline, cut after a word where there is one.
    private static func shortened(_ text: String) -> String {
        let text = text.clipped(to: 200)
        guard text.count > symptomCharacters else { return text }
        let head = text.prefix(symptomCharacters)
        let words = String(head.lastIndex(of: " ").map { head[..<$0] } ?? head)
        return words + "…"
    }

    private static func after(_ ranking: CauseRanking, service: String) -> String {
        guard let top = ranking.probable, top.kind == .change else { return "" }
        guard let change = ranking.changes.causes.first(where: { $0.event.fingerprint == top.change })?.event else {
            return top.sha.map { " since \(Phrases.short($0))" } ?? ""
        }
        switch change.type {
        case .deployment:
            let version = change.text(EventAttribute.version) ?? change.commit.map(Phrases.short) ?? ""
            let of = change.service.flatMap { $0 == service ? nil : " of \($0)" } ?? ""
            return " after deploy\(of)\(version.isEmpty ? "" : " " + version.clipped(to: 40))"
        case .flagChange: return " after flag “\(change.title.clipped(to: 40))”"
        case .configChange: return " after configuration “\(change.title.clipped(to: 40))”"
        case .migration: return " after migration “\(change.title.clipped(to: 40))”"
        default: return " after “\(change.title.clipped(to: 40))”"
        }
    }

    /// `The deploy of checkout 4.18.0 at 14:02 probably caused it: …; payments failed first at 14:04.`
    static func sentence(blast: BlastRadius, ranking: CauseRanking) -> String {
        guard let first = blast.firstFailure else { return "Nothing failed." }
        let place =
            first.service.isEmpty
            ? "“\(first.event.title.clipped(to: 80))” came"
            : first.nature == .test ? "\(first.service) went red" : "\(first.service) failed"
        let failed = "\(place) first at \(first.start.clockMinute)"
        guard let top = ranking.probable else { return "\(unknown(ranking)); \(failed)." }
        switch top.kind {
        case .change:
            let name: String
            let time: String
            if let cause = ranking.changes.causes.first(where: { $0.event.fingerprint == top.change }) {
                name = ChangeWords.name(of: cause.event)
                time = " at \(cause.event.occurredAt.clockMinute)"
            } else {
                name = top.sha.map { "commit \(Phrases.short($0))" } ?? top.name
                time = ""
            }
            let told = ["frames", "commit", "test", "tests", "build", "recovery", "text", "reverted", "path"].compactMap { name in
                top.terms.first { $0.name == name && $0.value >= 0.1 }
            }
            let why = told.first ?? top.terms.first
            let reason = (why.map { $0.name == "time" ? "it came \($0.why)" : $0.why } ?? "").trimmingFullStop
            return capital("\(name)\(time) probably caused it: \(reason); \(failed).")
        case .dependency:
            return "\(top.name) is probably the cause: \(top.summary.trimmingFullStop); \(failed)."
        default:
            return "It probably began in \(top.service ?? top.name): \(top.terms.first?.why.trimmingFullStop ?? ""); \(failed)."
        }
    }

    private static func unknown(_ ranking: CauseRanking) -> String {
        guard let top = ranking.hypotheses.first, top.score > 0.01 else { return "No probable cause yet: nothing stands out" }
        let near = ranking.hypotheses.filter { $0.score >= top.score * 0.9 }
        if near.count > 1 {
            return "No probable cause yet: \(near.count) candidates are equally near, the best scores \(Scores.words(top.score))"
        }
        return "No probable cause yet: the best candidate, \(top.name), scores \(Scores.words(top.score))"
    }

    private static func capital(_ text: String) -> String {
        ["the ", "commit "].contains(where: text.hasPrefix) ? text.prefix(1).uppercased() + text.dropFirst() : text
    }
}

extension StringProtocol {
    var trimmingFullStop: String { hasSuffix(".") ? String(dropLast()) : String(self) }
}
