import Model

/// A fault at one operation (or host) of a made-up system.
struct MadeFault {
    var family: FaultFamily
    var service: Int
    var operation: Int
    var startMs: Int64
    /// What a slow family adds or multiplies.
    var size: Double
    /// Share of an operation's calls after which it fails or returns.
    var after: Double
    var logs: Bool
    var marksSpans: Bool
}

/// Runs requests through a system and writes down what its telemetry would show.
struct MadeTraffic {
    struct Line {
        var atMs: Double
        var service: Int
        var level: String
        var trace: String
        var span: String
        var message: String
    }
    struct Point {
        var busyMs = 0.0
        var calls = 0.0
        var errors = 0.0
        var times: [Double] = []
    }
    let system: MadeSystem
    let fault: MadeFault?
    var random: SplitMix64
    var spans: [Span] = []
    var lines: [Line] = []
    /// By service and minute.
    var points: [Int: [Int64: Point]] = [:]

    init(system: MadeSystem, fault: MadeFault?, random: SplitMix64) {
        self.system = system
        self.fault = fault
        self.random = random
    }

    private func isFaulty(_ service: Int, _ atMs: Double) -> Bool {
        guard let fault, fault.service == service else { return false }
        return atMs >= Double(fault.startMs)
    }
    private func strikes(_ families: [FaultFamily], _ service: Int, _ operation: Int, _ atMs: Double) -> Bool {
        guard let fault, isFaulty(service, atMs), families.contains(fault.family) else { return false }
        return fault.operation == operation || [.networkDelay, .cpuContention, .saturation, .dependencyOutage].contains(fault.family)
    }

    mutating func requests(from: Int64, to: Int64, perSecond: Double) {
        var at = Double(from)
        while at < Double(to) {
            // Evenly spread chance stands for a Poisson stream.
            at += 2_000 / perSecond * random.unit()
            let trace = random.hex(32)
            _ = run(0, random.below(system.services[0].operations.count), at: at, trace: trace, parent: "")
        }
    }

    /// The noise of real work: mostly near its usual, now and then several times that.
    private mutating func noise() -> Double {
        let usual = 0.7 + 0.6 * random.unit()
        return random.chance(0.02) ? usual * (2 + 6 * random.unit()) : usual
    }

    private struct Answer {
        var end: Double
        var isError: Bool
        var isWrong: Bool
    }

    private mutating func run(_ service: Int, _ number: Int, at start: Double, trace: String, parent: String) -> Answer {
        let own = system.services[service]
        let operation = own.operations[number]
        let span = random.hex(16)
        var now = start
        var isError = false
        var isDone = true
        let id = random.below(100_000)
        log(now, service, "info", trace, span, "request \(operation.name) received id=\(id)")
        let isSlow =
            strikes([.cpuContention, .saturation], service, number, start) || isFaulty(service, start) && fault?.family == .missingSpans
        let work = operation.workMs * noise() * (isSlow ? fault?.size ?? 1 : 1)
        now += work / 2
        let stops = strikes([.exception, .swallowedException, .earlyReturn, .noLogs], service, number, start) && random.chance(0.9)
        let limit = stops ? Int((Double(operation.calls.count) * (fault?.after ?? 0)).rounded(.down)) : operation.calls.count
        let isCached = own.cache > 0 && random.chance(own.cache)
        for (index, call) in operation.calls.enumerated() where !isError {
            if index >= limit || isCached || !random.chance(call.share) { continue }
            let answer = self.call(call, from: service, at: now, trace: trace, parent: span)
            now = answer.end
            if answer.isWrong, random.chance(0.85) {
                log(now, service, "info", trace, span, "nothing to do for id=\(id)")
                isDone = false
                break
            }
            isError = answer.isError
            if !isError { log(now, service, "info", trace, span, "\(operation.name) got answer of \(system.services[call.service].name)") }
        }
        now += stops ? 0.3 : work / 2
        if stops { isDone = false }
        if stops, fault?.family != .earlyReturn {
            isError = true
            if fault?.logs == true { log(now, service, "error", trace, span, "java.lang.IllegalStateException: bad state of entry \(id)") }
        } else if isError, fault?.logs != false, random.chance(0.8) {
            log(now, service, "error", trace, span, "call failed for id=\(id): upstream answered 500")
        }
        if isDone, !isError { log(now, service, "info", trace, span, "request \(operation.name) done id=\(id) in \(Int(now - start)) ms") }
        write(service, operation.name, trace, span, parent, start, now, isError: isError && fault?.marksSpans != false)
        var point = points[service, default: [:]][Int64(start) / 60_000] ?? Point()
        point.busyMs += work
        point.calls += 1
        if isError { point.errors += 1 }
        point.times.append(now - start)
        points[service, default: [:]][Int64(start) / 60_000] = point
        return Answer(end: now, isError: isError, isWrong: strikes([.wrongValue], service, number, start))
    }

    /// A call with its client span, retries and fallback.
    private mutating func call(_ call: MadeSystem.Call, from service: Int, at start: Double, trace: String, parent: String) -> Answer {
        var now = start
        var answer = Answer(end: start, isError: false, isWrong: false)
        for attempt in 0..<(call.isRetried ? 2 : 1) where attempt == 0 || answer.isError {
            let client = random.hex(16)
            let begin = now
            let delay =
                isFaulty(service, begin) || isFaulty(call.service, begin) ? (fault?.family == .networkDelay ? fault?.size ?? 0 : 0) : 0
            now += 0.4 + 0.6 * random.unit() + delay * (0.8 + 0.4 * random.unit()) / 2
            if strikes([.dependencyOutage], call.service, call.operation, begin) {
                now += fault?.size ?? 1_000
                answer = Answer(end: now, isError: true, isWrong: false)
            } else {
                answer = run(call.service, call.operation, at: now, trace: trace, parent: client)
                now = answer.end
            }
            now += 0.4 + 0.6 * random.unit() + delay * (0.8 + 0.4 * random.unit()) / 2
            let isAsync = system.services[service].isAsync
            if isAsync {
                // The handler's own span is a leaf that covers the work beside it.
                write(service, "handler", trace, random.hex(16), parent, begin - 0.2, now + 0.2, isError: false)
            }
            write(service, "HTTP POST", trace, client, parent, begin, now, isError: answer.isError && fault?.marksSpans != false)
        }
        answer.end = now
        let isSwallowed = fault?.family == .swallowedException && isFaulty(call.service, start)
        if answer.isError, call.hasFallback || isSwallowed { answer.isError = false }
        return answer
    }

    private mutating func log(_ at: Double, _ service: Int, _ level: String, _ trace: String, _ span: String, _ message: String) {
        lines.append(Line(atMs: at, service: service, level: level, trace: trace, span: span, message: message))
    }

    private mutating func write(
        _ service: Int, _ operation: String, _ trace: String, _ span: String, _ parent: String, _ start: Double, _ end: Double,
        isError: Bool
    ) {
        spans.append(
            Span(
                traceID: trace, spanID: span, parentID: parent, service: system.services[service].name,
                instance: system.services[service].instance, operation: operation, start: Instant(ms: Int64(start)),
                durationUs: Int64((end - start) * 1_000), isError: isError))
    }
}
