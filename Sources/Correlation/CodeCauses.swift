import Model

/// The classes and files that failures point at: those that failing stacks name, innermost first, tests and libraries aside;
/// and the class a failing test is named after, which most often is where the fault is even when no frame of it is left on the
/// stack.
struct CodeCauses {
    /// How much a failing test says about the class it is named after, beside a stack's innermost frame (1).
    static let namesake = 0.8
    /// And one more when that class stands in the stack too.
    static let namesakeOnStack = 0.8
    /// A test class on the stack that is not the failing test's own.
    static let otherNamesake = 0.4
    /// Each frame further out counts less.
    static let perFrame = 0.5
    static let mostEntries = 6
    /// How often the first class is right: when the failing test is named after it, and by its place in the stack alone; where a
    /// change may be to blame as well, that is likelier.
    static let likelyNamesake = 0.75
    static let likelyFrame = 0.45
    static let besideChanges = 0.5

    private struct Blame {
        var weight = 0.0
        var stacks = 0
        var tests = 0
        var signal: Signal
        var frame: StackFrame?
        var test: String?
    }
    private var found: [String: Blame] = [:]
    private var total = 0.0

    init(_ blast: BlastRadius) {
        for signal in blast.signals.prefix(500) { take(signal) }
    }

    private mutating func take(_ signal: Signal) {
        var frames = signal.event.stackFrames.prefix(Limits.stackFrames).filter { !CodeBlame.isLibrary($0) }
        // What called the test is its runner.
        if signal.nature == .test, let last = frames.lastIndex(where: CodeBlame.isTest) { frames = Array(frames[...last]) }
        let own = frames.filter { !CodeBlame.isTest($0) }
        let suite = signal.nature == .test ? CodeBlame.testClass(of: signal.event) : nil
        let subject = suite.flatMap(CodeBlame.classUnderTest)
        var seen: Set<String> = []
        // Without a namesake a test's own frames are better than nothing.
        for (position, frame) in (own.isEmpty && subject == nil ? Array(frames) : Array(own)).prefix(12).enumerated() {
            let name = CodeBlame.className(of: frame)
            if !seen.insert(name).inserted { continue }
            add(name, signal.strength / (1 + Self.perFrame * Double(position)), signal) {
                $0.stacks += 1
                if $0.frame == nil { $0.frame = frame }
            }
        }
        guard let suite, let subject else { return }
        add(subject, signal.strength * (Self.namesake + (seen.contains(subject) ? Self.namesakeOnStack : 0)), signal) {
            $0.tests += 1
            $0.test = $0.test ?? Phrases.simpleClass(suite)
        }
        var others: Set<String> = [subject]
        for frame in frames where CodeBlame.isTest(frame) {
            guard let other = CodeBlame.classUnderTest(CodeBlame.className(of: frame)), others.insert(other).inserted else { continue }
            add(other, signal.strength * Self.otherNamesake, signal) {
                $0.test = $0.test ?? Phrases.simpleClass(CodeBlame.className(of: frame))
            }
        }
    }

    private mutating func add(_ name: String, _ weight: Double, _ signal: Signal, _ note: (inout Blame) -> Void) {
        total += weight
        var blame = found[name] ?? Blame(signal: signal)
        blame.weight += weight
        note(&blame)
        found[name] = blame
    }

    func entries(_ services: ServiceCauses, hasSuspects: Bool) -> [Hypothesis] {
        if total <= 0 { return [] }
        let ordered = found.sorted { ($1.value.weight, $0.key) < ($0.value.weight, $1.key) }.prefix(Self.mostEntries)
        return ordered.map { name, blame in entry(name, blame, services, hasSuspects) }
    }

    private func entry(_ name: String, _ blame: Blame, _ services: ServiceCauses, _ hasSuspects: Bool) -> Hypothesis {
        let share = min(1, blame.weight / total)
        let service = blame.signal.service
        let unknown = hasSuspects ? Self.besideChanges : blame.tests > 0 ? Self.likelyNamesake : Self.likelyFrame
        let base = service.isEmpty ? unknown : max(0.4, services.score(of: service))
        let place = blame.frame.map { $0.line > 0 ? "\(CodeBlame.tail(of: $0.file)):\($0.line)" : CodeBlame.tail(of: $0.file) }
        var whys: [String] = []
        if let place {
            whys.append("\(Phrases.counted(blame.stacks, "failing stack")) \(blame.stacks == 1 ? "names" : "name") it, first at \(place)")
        }
        if let test = blame.test {
            whys.append(
                blame.tests > 1
                    ? "\(blame.tests) failing tests of \(test) are named after it" : "the failing test \(test) is named after it")
        }
        let terms = [
            Term(rounding: "entity", share.squareRoot(), whys.joined(separator: "; ")),
            Term(
                rounding: "position", base, service.isEmpty ? "its service is not known" : "\(service) itself weighs \(Scores.words(base))"),
        ]
        let summary =
            place.map { "\($0) stands in \(Phrases.counted(blame.stacks, "failing stack")), first at \(blame.signal.start.clock)" }
            ?? "\(blame.test ?? "a failing test") is named after it and fails, first at \(blame.signal.start.clock)"
        return Hypothesis(
            rank: 0, kind: .code, service: service.isEmpty ? nil : service, className: name.clipped(to: 200),
            name: name == blame.frame?.file ? CodeBlame.tail(of: name) : Phrases.simpleClass(name),
            score: Scores.stored(0.9 * base * share.squareRoot()), terms: terms, summary: CauseRanking.sentence(summary),
            evidence: [blame.signal.fingerprint])
    }
}
