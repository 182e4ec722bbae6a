import Foundation
import Model

/// A change as a candidate cause.
struct ChangeCause {
    let event: Event
    var score: Double
    var terms: [Term]
    /// The best commit it carried.
    var suspect: SuspectChange?
    /// The rollback that ended it.
    var endedBy: Fingerprint?
}

/// Weighs deployments, flags, configuration and migrations before the onset: the noisy-or of nearness in time, place in the
/// map, the best commit carried, failing tests that ran on it, shared words, and an end by rollback. A change of a service
/// that nothing struck calls stays below .12 whatever its time.
struct ChangeCauses {
    /// Best first, ties by fingerprint.
    private(set) var causes: [ChangeCause] = []
    /// How near the newest change of each service was, for the services' own ranking.
    private(set) var nearness: [String: Term] = [:]
    private(set) var knowsChanges = false

    static let decayMs = 45.0 * 60_000
    static let time = 0.45
    static let ownService = 0.4
    static let callsStruck = 0.25
    static let calledByStruck = 0.2
    static let wholeSystem = 0.15
    static let commit = 0.45
    static let tested = 0.3
    static let ended = 0.4
    static let word = 0.08
    static let unrelatedCeiling = 0.12
    static let skewMs: Int64 = 60_000

    let candidates: [Event]

    init(blast: BlastRadius, changes: [Event], rules: CorrelationRules) {
        let from = blast.onset - rules.lookbackMs
        candidates = changes.filter {
            $0.type != .commit && $0.type != .tag && $0.occurredAt >= from && $0.occurredAt <= blast.onset + Self.skewMs
        }.sorted { ($0.occurredAt, $0.fingerprint) < ($1.occurredAt, $1.fingerprint) }
        knowsChanges = changes.contains { $0.type != .commit && $0.type != .tag }
        for change in candidates {
            guard let service = change.service else { continue }
            let age = Moments.elapsed(change.occurredAt.ms, blast.onset.ms)
            let term = Term(
                rounding: "change", Scores.decay(age, constantMs: 2 * Self.decayMs),
                "\(ChangeWords.name(of: change)) at \(change.occurredAt.clockMinute) was \(Phrases.offset(-age, subject: "the first signal"))"
            )
            if (nearness[service]?.value ?? -1) <= term.value { nearness[service] = term }
        }
    }

    mutating func rank(
        blast: BlastRadius, services: ServiceCauses, map: ServiceMap, releases: Releases, suspects: SuspectRanking, recoveries: [Recovery],
        excluded: Set<Fingerprint>
    ) {
        let words = SignalWords(blast.signals)
        let top = services.causes.first?.score ?? 0
        causes = candidates.filter { !excluded.contains($0.fingerprint) }.map { change in
            weigh(
                change, blast: blast, services: services, top: top, map: map, releases: releases, suspects: suspects,
                recoveries: recoveries, words: words)
        }.sorted { ($1.score, $0.event.fingerprint) < ($0.score, $1.event.fingerprint) }
    }

    private func weigh(
        _ change: Event, blast: BlastRadius, services: ServiceCauses, top: Double, map: ServiceMap, releases: Releases,
        suspects: SuspectRanking,
        recoveries: [Recovery], words: SignalWords
    ) -> ChangeCause {
        var terms: [Term] = []
        let age = Moments.elapsed(change.occurredAt.ms, blast.onset.ms)
        terms.append(
            Term(
                rounding: "time", Self.time * Scores.decay(age, constantMs: Self.decayMs), Phrases.offset(-age, subject: "the first signal")
            ))
        let place = topology(change, blast: blast, services: services, top: top, map: map)
        if let place { terms.append(place) }

        let deployment = releases.deployments.firstIndex { $0.event.fingerprint == change.fingerprint }
        let suspect = deployment.flatMap { number in suspects.suspects.first { suspects.carriers[$0.change] == number } }
        if let suspect, suspect.score >= 0.05 {
            terms.append(
                Term(
                    rounding: "commit", Self.commit * suspect.score,
                    "it carried \(Phrases.short(suspect.sha)) (\(suspect.subject.clipped(to: 80))): \(Phrases.inside(suspect.summary))"))
        }
        if let deployment, let test = testedRed(blast, releases, deployment) {
            terms.append(Term(rounding: "test", Self.tested, "\(test) failed on a commit it carried"))
        }
        let recovery = recoveries.first { $0.ends == change.fingerprint }
        if let recovery {
            terms.append(
                Term(
                    rounding: "recovery", Self.ended,
                    "it got better after \(ChangeWords.name(of: recovery.event)) at \(recovery.event.occurredAt.clockMinute)"))
        }
        let shared = words.shared(with: change)
        if !shared.isEmpty {
            terms.append(
                Term(
                    rounding: "text", min(3 * Self.word, Self.word * Double(shared.count)),
                    "shares \(Phrases.list(shared.map { "“\($0)”" })) with what failed"))
        }
        var score = Scores.noisyOr(terms.map(\.value))
        let isTied = place != nil || terms.contains { ["test", "recovery"].contains($0.name) } || (suspect?.score ?? 0) >= 0.4
        if !isTied && score > Self.unrelatedCeiling {
            let factor = Self.unrelatedCeiling / score
            terms = terms.map { Term(rounding: $0.name, $0.value * factor, $0.why) }
            terms.append(
                Term(
                    rounding: "topology", 0,
                    change.service.map { "near in time only: nothing that failed calls \($0)" } ?? "near in time only"))
            score = Scores.noisyOr(terms.map(\.value))
        }
        if deployment.map({ releases.deployments[$0].isRollback }) == true {
            terms = terms.map { Term(rounding: $0.name, $0.value * 0.5, $0.why) }
            score = Scores.noisyOr(terms.map(\.value))
        }
        return ChangeCause(
            event: change, score: score,
            terms: terms.filter { $0.value > 0 || $0.name == "topology" }.sorted { ($1.value, $0.name) < ($0.value, $1.name) },
            suspect: suspect, endedBy: recovery?.event.fingerprint)
    }

    private func topology(_ change: Event, blast: BlastRadius, services: ServiceCauses, top: Double, map: ServiceMap) -> Term? {
        guard let service = change.service else {
            return Term(rounding: "topology", Self.wholeSystem, "it names no service, so it may be any")
        }
        if blast.services.contains(service) {
            let share = top > 0 ? services.score(of: service) / top : 0
            let value = Self.ownService * (0.4 + 0.6 * min(1, share))
            return Term(
                rounding: "topology", value, "it changed \(service), which \(share > 0.999 ? "is the likeliest service" : "was struck")")
        }
        let struck = blast.services
        if let callee = map.callees(of: service).first(where: struck.contains) {
            return Term(rounding: "topology", Self.callsStruck, "\(service) calls \(callee), which was struck")
        }
        if let caller = map.callers(of: service).first(where: struck.contains) {
            return Term(rounding: "topology", Self.calledByStruck, "\(caller), which was struck, calls \(service)")
        }
        return nil
    }

    private func testedRed(_ blast: BlastRadius, _ releases: Releases, _ deployment: Int) -> String? {
        let carried = Set(releases.deployments[deployment].carried)
        for signal in blast.signals where signal.nature == .test {
            guard let commit = signal.event.commit.flatMap(releases.commit(named:)), carried.contains(commit) else { continue }
            return (signal.event.text(EventAttribute.test) ?? signal.event.title).clipped(to: 80)
        }
        return nil
    }
}

/// The rarer words of a case's signals.
struct SignalWords {
    private let words: Set<String>
    init(_ signals: [Signal]) {
        var out: Set<String> = []
        for signal in signals.prefix(300) { out.formUnion(TextTokens.tokens(LinkModel.text(of: signal.event), whole: false)) }
        for name in Set(signals.map(\.service)) { out.subtract(TextTokens.tokens(name)) }
        words = out.subtracting(TextTokens.signalWords)
    }
    private static let deployWords: Set<String> = [
        "deploy", "deployment", "release", "live", "pod", "rollout", "roll", "version", "set", "chang", "change", "flag", "config",
        "migration",
    ]
    func shared(with change: Event) -> [String] {
        let own = Set(TextTokens.tokens(change.title + " \n " + String(change.body.prefix(2_000)), whole: false))
            .subtracting(Self.deployWords).subtracting(change.service.map { TextTokens.tokens($0) } ?? [])
        return own.intersection(words).filter { $0.count >= 4 }.sorted()
    }
}

/// A change during the trouble after which it got better.
struct Recovery {
    let event: Event
    let isRollback: Bool
    /// The change it took back, if that can be told.
    let ends: Fingerprint?
    /// True when trouble was still on, no strong signal began later than ten minutes after it or lasted longer than thirty,
    /// and those ten minutes have passed.
    let isImprovement: Bool

    /// A change later than this after the last signal ended nothing.
    static let afterMs: Int64 = 60 * Int64.minuteMs
    static let settlingMs: Int64 = 10 * Int64.minuteMs
    static let endingMs: Int64 = 30 * Int64.minuteMs
    static let lateMs: Int64 = 5 * Int64.minuteMs

    static func find(blast: BlastRadius, changes: [Event], releases: Releases, map: ServiceMap, now: Instant)
        -> [Recovery]
    {
        let until = blast.lastSignalAt + afterMs
        let struck = Set(blast.services)
        var out: [Recovery] = []
        for change in changes.sorted(by: { ($0.occurredAt, $0.fingerprint) < ($1.occurredAt, $1.fingerprint) }) {
            if change.occurredAt <= blast.onset || change.occurredAt > until { continue }
            let isRevert = change.type == .commit && change.text(EventAttribute.reverts) != nil
            if change.type == .tag || change.type == .commit && !isRevert { continue }
            let near =
                change.service.map {
                    struck.contains($0) || map.callers(of: $0).contains(where: struck.contains)
                        || map.callees(of: $0).contains(where: struck.contains)
                } ?? true
            if !near { continue }
            let number = releases.deployments.firstIndex { $0.event.fingerprint == change.fingerprint }
            let isRollback = number.map { releases.deployments[$0].isRollback } ?? (isRevert || Releases.speaksOfRollback(change))
            // Tests may go on failing elsewhere; production decides.
            let judged = blast.isBuildOnly ? blast.strong : blast.leading
            let goesOn = judged.contains {
                Moments.elapsed(change.occurredAt.ms, $0.startMs) > settlingMs || Moments.elapsed(change.occurredAt.ms, $0.endMs) > endingMs
            }
            let isOver = Moments.elapsed(blast.lastSignalAt.ms, change.occurredAt.ms) > lateMs
            let isSeen = Moments.elapsed(change.occurredAt.ms, now.ms) >= settlingMs
            let isImprovement = !goesOn && !isOver && isSeen
            let ends = isRollback ? number.flatMap { replaced($0, releases, before: blast.onset) } : nil
            out.append(Recovery(event: change, isRollback: isRollback, ends: isImprovement ? ends : nil, isImprovement: isImprovement))
        }
        return out
    }

    /// The last deployment of the same service at the onset: what a rollback takes back.
    private static func replaced(_ number: Int, _ releases: Releases, before onset: Instant) -> Fingerprint? {
        let service = releases.deployments[number].service
        return releases.deployments.prefix(number).last { $0.service == service && $0.at <= onset + ChangeCauses.skewMs }?.event.fingerprint
    }
}
