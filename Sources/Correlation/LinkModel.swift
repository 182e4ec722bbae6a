import Foundation
import Model

/// A change that a signal came after, with how near it is.
struct ChangeInForce {
    /// Its number in `LinkModel.changeNames`.
    let change: Int
    let weight: Double
    /// A test ran on what the change carried.
    let isTested: Bool
    /// And a commit in it touches what the test is about.
    let isRelevant: Bool
}

/// Everything the links of one segment are computed from, as numbers.
///
/// A segment is a run of signals with no gap longer than the longest link. Rarity is counted within a segment, so that the
/// answer does not depend on what else happened to be in the window.
struct LinkModel {
    struct Entity {
        let kind: EntityKind
        let name: String
        let count: Int
        /// The kind's weight × rarity, 0 for a hub.
        let weight: Double
    }
    /// What scoring needs of a signal, without references, so that millions of pairs cost no counting.
    struct Facts {
        let startMs: Int64
        let endMs: Int64
        let windowMs: Double
        let strength: Double
        let family: SignalFamily
        /// Numbers of environment, host and housekeeping subject; -1 when unknown.
        let environment: Int
        let host: Int
        /// True when the signal is about its host; a log line merely happened to come from one.
        let isOfHost: Bool
        var subject: Int
    }
    let signals: [Signal]
    private(set) var facts: [Facts] = []
    let services: [Int]
    let relations: ServiceRelations
    private(set) var entities: [Entity] = []
    private(set) var signalEntities: [[Int]] = []
    private(set) var tokenNames: [String] = []
    private(set) var tokenWeights: [Double] = []
    private(set) var tokens: [[Int]] = []
    private(set) var norms: [Double] = []
    private(set) var mentioned: [Set<Int>] = []
    /// True for signals in somebody's own words: logs, tests, reports, Kubernetes, programs of the user.
    let speaksFreely: [Bool]
    /// When the run of its service's signals that a signal is part of began.
    let runOnsets: [Int64]
    let changesInForce: [[ChangeInForce]]
    let changeNames: [String]
    let longestGapMs: Int64
    let threshold: Double

    init(signals: [Signal], map: ServiceMap, releases: Releases, changes: [Event], rules: CorrelationRules) {
        self.signals = signals
        relations = ServiceRelations(services: Set(signals.map(\.service)).subtracting([""]), map: map)
        services = signals.map { [relations] in $0.service.isEmpty ? -1 : relations.numbers[$0.service] ?? -1 }
        longestGapMs = Int64(max(0, min(rules.maxGapMinutes, 100_000))) * 60_000
        threshold = rules.linkThreshold
        runOnsets = Self.runOnsets(signals, services)
        speaksFreely = signals.map { $0.event.source != .metrics && $0.event.source != .traces && $0.event.type != .alert }
        (changesInForce, changeNames) = ChangesInForce.find(
            signals: signals, services: services, relations: relations, releases: releases, changes: changes)
        var names: [String: Int] = [:]
        func number(_ name: String?) -> Int {
            guard let name else { return -1 }
            if let known = names[name] { return known }
            names[name] = names.count
            return names.count - 1
        }
        facts = signals.map { signal in
            Facts(
                startMs: signal.startMs, endMs: signal.endMs, windowMs: signal.windowMs, strength: signal.strength, family: signal.family,
                environment: number(signal.event.environment), host: number(signal.event.host),
                isOfHost: [.saturation, .platform, .alert].contains(signal.nature), subject: -1)
        }
        readEntities()
        readText()
    }

    static let runGapMs: Int64 = 15 * Int64.minuteMs

    /// Signals are sorted by their start; a silence of a quarter of an hour ends a run.
    private static func runOnsets(_ signals: [Signal], _ services: [Int]) -> [Int64] {
        var runs: [Int: (onset: Int64, end: Int64)] = [:]
        return signals.indices.map { index in
            let signal = signals[index]
            let service = services[index]
            if service < 0 { return signal.startMs }
            var run = runs[service] ?? (signal.startMs, signal.endMs)
            if Moments.elapsed(run.end, signal.startMs) > runGapMs { run = (signal.startMs, signal.endMs) }
            run.end = max(run.end, signal.endMs)
            runs[service] = run
            return run.onset
        }
    }

    private mutating func readEntities() {
        var numbers: [String: Int] = [:]
        var found: [(kind: EntityKind, name: String, count: Int)] = []
        for signal in signals {
            var mine: Set<Int> = []
            for (kind, name) in Self.entities(of: signal.event) {
                let key = "\(kind.rawValue)\u{1f}\(name)"
                let number = numbers[key] ?? found.count
                if number == found.count {
                    numbers[key] = number
                    found.append((kind, name, 0))
                }
                if mine.insert(number).inserted { found[number].count += 1 }
            }
            signalEntities.append(mine.sorted())
        }
        let scale = log(Double(max(signals.count, 30)) + 1)
        entities = found.map { kind, name, count in
            let isHub = signals.count >= LinkWeights.hubMinimumSignals && Double(count) > LinkWeights.hubShare * Double(signals.count)
            let rarity = isHub || count < 2 ? 0 : max(0, 1 - log(Double(count) / 2) / scale)
            return Entity(kind: kind, name: name, count: count, weight: kind.weight * rarity)
        }
    }

    /// What a signal names, at most a few of each kind.
    static func entities(of event: Event) -> [(EntityKind, String)] {
        var out: [(EntityKind, String)] = []
        func add(_ kind: EntityKind, _ name: String?) {
            if let name, !name.isEmpty { out.append((kind, String(name.prefix(200)))) }
        }
        add(.trace, event.traceID)
        for trace in (event.attributes[EventAttribute.exemplarTraces]?.arrayValue ?? []).prefix(3) { add(.trace, trace.stringValue) }
        add(.commit, event.commit.map(Phrases.short))
        add(.host, event.host)
        add(.instance, event.text(EventAttribute.instance))
        if let test = event.text(EventAttribute.test) { add(.test, (event.text(EventAttribute.suite) ?? "") + " " + test) }
        add(.suite, event.text(EventAttribute.suite))
        add(.exception, event.text(EventAttribute.exception).map(Phrases.simpleClass))
        add(.template, event.text(EventAttribute.templateID))
        add(.metric, event.text(EventAttribute.metric))
        add(.operation, event.text(EventAttribute.operation))
        if event.type == .alert {
            add(.alert, event.attributes[EventAttribute.labels]?.objectValue?["alertname"]?.stringValue ?? event.title)
        }
        for frame in event.stackFrames.prefix(5) where !CodeBlame.isLibrary(frame) { add(.file, CodeBlame.tail(of: frame.file)) }
        return out
    }

    private mutating func readText() {
        var serviceWords: [String: Int] = [:]
        for (name, number) in relations.numbers where name.utf8.count >= 3 { serviceWords[name.lowercased()] = number }
        let serviceTokens = Set(relations.names.flatMap { TextTokens.tokens($0) })
        var numbers: [String: Int] = [:]
        var counts: [Int] = []
        for (index, signal) in signals.enumerated() {
            let text = Self.text(of: signal.event)
            var mine: Set<Int> = []
            let words = TextTokens.tokens(text)
            for token in words.prefix(120) where !TextTokens.signalWords.contains(token) && !serviceTokens.contains(token) {
                let number = numbers[token] ?? counts.count
                if number == counts.count {
                    numbers[token] = number
                    counts.append(0)
                    tokenNames.append(token)
                }
                if mine.insert(number).inserted { counts[number] += 1 }
            }
            tokens.append(mine.sorted())
            facts[index].subject = Signal.housekeepingSubject(Set(words))
            var names: Set<Int> = []
            for word in TextTokens.plainWords(text) {
                if let number = serviceWords[word], number != services[index] { names.insert(number) }
            }
            mentioned.append(names.count > 3 ? [] : names)
        }
        let total = Double(max(signals.count, 30))
        tokenWeights = counts.map { count in
            let rarity = log(1 + total / Double(count))
            return rarity * rarity
        }
        norms = tokens.map { list in list.reduce(0) { $0 + tokenWeights[$1] }.squareRoot() }
    }

    static func text(of event: Event) -> String {
        var parts = [event.title]
        for name in [
            EventAttribute.template, EventAttribute.message, EventAttribute.exception, EventAttribute.operation, EventAttribute.test,
            EventAttribute.suite, EventAttribute.callee,
        ] {
            if let text = event.text(name) { parts.append(String(text.prefix(1_000))) }
        }
        if event.type == .report || event.type == .alert { parts.append(String(event.body.prefix(2_000))) }
        return parts.joined(separator: " \n ")
    }
}

/// Which live change each signal came after.
enum ChangesInForce {
    static let longestMs: Int64 = 2 * Int64.hourMs
    static let decayMs = 40.0 * 60_000
    static let neighbourWeight = 0.7
    static let mostPerSignal = 8

    static func find(
        signals: [Signal], services: [Int], relations: ServiceRelations, releases: Releases, changes: [Event]
    ) -> ([[ChangeInForce]], [String]) {
        var perService: [Int: [Event]] = [:]
        let live = changes.filter { $0.type != .commit && $0.type != .tag && $0.role == .change }
            .sorted { ($0.occurredAt, $0.fingerprint, $0.id) < ($1.occurredAt, $1.fingerprint, $1.id) }
        for change in live {
            if let service = change.service, let number = relations.numbers[service] { perService[number, default: []].append(change) }
        }
        var numbers: [Fingerprint: Int] = [:]
        for (index, change) in live.enumerated() { numbers[change.fingerprint] = index }
        let names = live.map { ChangeWords.name(of: $0) + " at \($0.occurredAt.clockMinute)" }
        var out: [[ChangeInForce]] = []
        var failedOn: [String: [Int]] = [:]
        for (index, signal) in signals.enumerated() {
            if signal.family == .build {
                out.append(tested(signal, earlier: failedOn, releases: releases, numbers: numbers))
                let name = testName(signal.event)
                if let head = signal.event.commit.flatMap(releases.commit(named:)), (failedOn[name]?.count ?? 0) < 20 {
                    failedOn[name, default: []].append(head)
                }
                continue
            }
            var mine: [ChangeInForce] = []
            guard services[index] >= 0 else {
                out.append([])
                continue
            }
            var near = [(services[index], 1.0)]
            for other in relations.neighbours(of: services[index]).prefix(32) {
                switch relations[services[index], other] {
                case .calls(1), .calledBy(1): near.append((other, neighbourWeight))
                default: break
                }
            }
            for (service, weight) in near {
                for change in latest(perService[service] ?? [], before: signal.startMs) {
                    let age = Moments.elapsed(change.occurredAt.ms, signal.startMs)
                    mine.append(
                        ChangeInForce(
                            change: numbers[change.fingerprint] ?? 0, weight: weight * Scores.decay(age, constantMs: decayMs),
                            isTested: false, isRelevant: false))
                }
            }
            out.append(Array(mine.sorted { ($1.weight, $0.change) < ($0.weight, $1.change) }.prefix(mostPerSignal)))
        }
        return (out, names)
    }

    /// At most three changes of one service, the newest that are not too old.
    private static func latest(_ changes: [Event], before startMs: Int64) -> [Event] {
        let end = changes.partitionPoint { $0.occurredAt.ms <= startMs }
        return changes[max(0, end - 3)..<end].filter { Moments.elapsed($0.occurredAt.ms, startMs) <= longestMs }
    }

    /// The deployments that carried the commit a test failed on. A test that failed earlier on a commit outside of a deployment,
    /// or that its source calls flaky, is not news of it.
    private static func tested(_ signal: Signal, earlier: [String: [Int]], releases: Releases, numbers: [Fingerprint: Int])
        -> [ChangeInForce]
    {
        guard let commit = signal.event.commit.flatMap(releases.commit(named:)) else { return [] }
        if CodeEvidence.isFlaky(signal.event) { return [] }
        let about = testWords(signal.event)
        let heads = earlier[testName(signal.event)] ?? []
        return (releases.carriers[commit] ?? []).prefix(mostPerSignal).compactMap { number in
            let deployment = releases.deployments[number]
            let carried = Set(deployment.carried)
            guard let change = numbers[deployment.event.fingerprint], heads.allSatisfy(carried.contains) else { return nil }
            let relevant = deployment.carried.suffix(200).contains { touches(releases.commits[$0].event, about) }
            return ChangeInForce(change: change, weight: 1, isTested: true, isRelevant: relevant)
        }
    }
    private static func testName(_ event: Event) -> String {
        (event.text(EventAttribute.suite) ?? "") + "\u{1f}" + (event.text(EventAttribute.test) ?? event.title)
    }

    private static let genericTestWords: Set<String> = [
        "test", "tests", "spec", "suite", "should", "when", "given", "case", "unit", "integration", "it", "src", "main", "app", "lib",
    ]
    private static func testWords(_ event: Event) -> Set<String> {
        let text = [event.text(EventAttribute.suite), event.text(EventAttribute.test)].compactMap { $0 }.joined(separator: " ")
        let frames = event.stackFrames.prefix(8).filter { !CodeBlame.isLibrary($0) }.map { CodeBlame.stem(of: $0.file) }.joined(
            separator: " ")
        return Set(TextTokens.tokens(text + " " + frames, whole: false)).subtracting(genericTestWords)
    }
    /// True when the name of a touched file shares two words with the test, or all of its own.
    private static func touches(_ commit: Event, _ about: Set<String>) -> Bool {
        commit.touchedFiles.prefix(50).contains { file in
            let words = Set(TextTokens.tokens(CodeBlame.stem(of: file.path), whole: false)).subtracting(genericTestWords)
            let shared = words.intersection(about).count
            return shared >= 2 || (shared >= 1 && shared == words.count)
        }
    }
}
