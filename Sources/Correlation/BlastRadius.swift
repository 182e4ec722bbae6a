import Model

/// When it began, how far it reached and how bad it is: what follows from the signals of one case alone.
struct BlastRadius {
    /// By time, then fingerprint.
    let signals: [Signal]
    let strong: [Signal]
    /// The earliest strong signal of any kind: what came after it cannot have caused it.
    let onset: Instant
    /// The earliest strong failure, of one minute the one that says most, or the earliest strong signal when nothing failed.
    let firstFailure: Signal?
    let startedAt: Instant
    let detectedAt: Instant?
    let lastSignalAt: Instant
    /// Services with signals, in the order in which they were struck.
    let services: [String]
    /// Struck services that nobody calls and that call others: where users are.
    let userFacing: [String]
    let severity: Severity
    let isBuildOnly: Bool
    /// The strong signals that date and name the case: those of production when there are any, else all.
    let leading: [Signal]

    static let earlyMs: Int64 = 120_000

    /// `cut` is the likeliest moment of a single incident and wins over the first signal; `isHinted` when somebody named it.
    init(_ unordered: [Signal], map: ServiceMap, cut: Instant? = nil, fallback: Instant, isHinted: Bool = false) {
        let signals = unordered.sorted(by: Signal.isEarlier)
        self.signals = signals
        let allStrong = signals.filter(\.isStrong)
        let strong = allStrong.isEmpty ? signals : allStrong
        self.strong = strong
        let running = strong.filter { $0.family == .runtime }
        isBuildOnly = !signals.contains { $0.family != .build }
        let leading = running.isEmpty ? strong : running
        self.leading = leading
        let late = cut.map { moment in leading.filter { Moments.elapsed(moment.ms, $0.startMs) >= -Self.earlyMs } } ?? leading
        let counted = late.isEmpty ? leading : late
        firstFailure = Self.first(of: counted.filter(\.nature.isFailure)) ?? counted.first
        onset = max(cut ?? counted.first?.start ?? fallback, counted.first?.start ?? cut ?? fallback)
        let startedAt = isHinted ? fallback : firstFailure?.start ?? fallback
        self.startedAt = startedAt
        let noticed = signals.filter { $0.nature == .alert || $0.nature == .report }.map { max($0.event.observedAt, $0.start) }
            .filter { $0 >= startedAt }.min()
        detectedAt = noticed ?? leading.filter { $0.start >= startedAt }.map { max($0.event.observedAt, $0.start) }.min()
        lastSignalAt = signals.map(\.end).max() ?? startedAt
        let services = Self.services(signals, strong: strong)
        self.services = services
        userFacing = services.filter { map.callers(of: $0).isEmpty && !map.callees(of: $0).isEmpty }
        severity = Self.severity(strong, services: services, isUserFacing: !userFacing.isEmpty)
    }

    /// The earliest, and of those that began within the same minute the one that says most: most detectors know the minute only.
    private static func first(of failures: [Signal]) -> Signal? {
        guard let earliest = failures.first else { return nil }
        return failures.prefix { Moments.elapsed(earliest.startMs, $0.startMs) < .minuteMs }.min {
            ($0.eloquence, $1.event.severity, $1.strength, $0.startMs, $0.fingerprint) < (
                $1.eloquence, $0.event.severity, $0.strength, $1.startMs, $1.fingerprint
            )
        }
    }

    private static func services(_ signals: [Signal], strong: [Signal]) -> [String] {
        var seen: Set<String> = [""]
        var out: [String] = []
        for signal in strong + signals where seen.insert(signal.service).inserted { out.append(signal.service) }
        return out
    }

    /// The worst strong signal. `critical` needs a critical alert or report, or several services, or users who feel it.
    private static func severity(_ strong: [Signal], services: [String], isUserFacing: Bool) -> Severity {
        let worst = strong.map(\.event.severity).max() ?? .low
        if worst != .critical { return worst }
        let isAlerted = strong.contains { $0.event.severity == .critical && ($0.nature == .alert || $0.nature == .report) }
        return isAlerted || services.count > 1 || isUserFacing ? .critical : .high
    }

    /// `5 services were hit: payments, checkout and 3 more; worst at storefront: Orders a minute 21; usual 48 to 56.`
    func impactSentence() -> String {
        if signals.isEmpty { return "" }
        if isBuildOnly {
            let tests = Set(signals.compactMap { $0.event.text(EventAttribute.test) }).sorted()
            if tests.isEmpty { return "\(Phrases.counted(signals.count, "build")) failed; nothing in production did." }
            return
                "\(Phrases.counted(tests.count, "test")) failed: \(Phrases.list(tests.map { $0.clipped(to: 80) })); nothing in production did."
        }
        let hit =
            services.isEmpty
            ? "No service is named."
            : "\(Phrases.counted(services.count, "service")) \(services.count == 1 ? "was" : "were") hit: \(Phrases.list(services))"
        let where_ = userFacing.isEmpty ? services : userFacing
        let worst = leading.filter { where_.contains($0.service) && $0.nature.isFailure }
            .max {
                ($0.event.severity, $1.isVague ? 1 : 0, $0.strength, $1.startMs, $1.fingerprint) < (
                    $1.event.severity, $0.isVague ? 1 : 0, $1.strength, $0.startMs, $0.fingerprint
                )
            }
        guard let worst, !services.isEmpty else { return hit.hasSuffix(".") ? hit : hit + "." }
        return "\(hit); worst at \(worst.service): \(worst.event.title.clipped(to: 120))."
    }
}
