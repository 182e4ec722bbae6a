import Model

/// Ids inside a canvas.
enum CanvasAnchor {
    /// The details of an event; what rows, marks and nodes link to.
    static func event(_ fingerprint: Fingerprint) -> String { "e-" + fingerprint.text }
    static func row(_ fingerprint: Fingerprint) -> String { "r-" + fingerprint.text }
    static func note(_ index: Int) -> String { "n-\(index + 1)" }
}

/// What a change is called.
enum ChangeWords {
    /// Changes that alter what runs, as opposed to what is written.
    static func isLive(_ event: Event) -> Bool {
        switch event.type {
        case .deployment, .flagChange, .configChange, .migration: true
        case .commit, .tag: false
        default: event.role == .change && event.source != .git
        }
    }
    /// `checkout 4.18.0`, `9f3c1ae Open a session per cart line`, else the title.
    static func name(_ event: Event) -> String {
        switch event.type {
        case .deployment:
            if let service = event.service, let version = event.text(EventAttribute.version) { return "\(service) \(version)" }
        case .commit:
            if let sha = event.commit ?? event.sourceID { return "\(shortSha(sha)) \(event.title)" }
        default: break
        }
        return bare(event.title)
    }
    static func kind(_ event: Event) -> String {
        switch event.type {
        case .deployment: "deployment"
        case .flagChange: "flag"
        case .configChange: "configuration"
        case .migration: "migration"
        case .commit: "commit"
        case .tag: "tag"
        default: event.type.rawValue.replacing(each: "_", with: " ")
        }
    }
    /// Without the kind in front of it: `Deploy of checkout 4.18.0` → `checkout 4.18.0`.
    static func bare(_ name: String) -> String {
        for start in ["Deploy of ", "Deployment of ", "Release of ", "Commit ", "Flag ", "Feature flag "]
        where name.hasPrefix(start) && name.count > start.count {
            return String(name.dropFirst(start.count))
        }
        return name
    }
    /// Seven characters of a hash; anything else as it is.
    static func shortSha(_ sha: String) -> String {
        sha.utf8.count >= 12 && sha.utf8.allSatisfy({ ($0 >= 48 && $0 <= 57) || ($0 >= 97 && $0 <= 102) })
            ? String(sha.prefix(7)) : sha.clipped(to: 40)
    }
}

enum EventWords {
    /// The event in a few words, for a box of the graph: the peak of a metric, the operation, the exception, else the
    /// title without what the box says anyway.
    static func short(_ event: Event) -> String {
        if event.type == .metricAnomaly, let metric = event.text(EventAttribute.metric),
            let peak = event.attributes[EventAttribute.peak]?.doubleValue
        {
            return "\(metricName(metric)) \(PageWords.measure(peak, unit: event.text("unit") ?? "", metric: metric))"
        }
        if let exception = event.text(EventAttribute.exception), !exception.isEmpty {
            return String(exception.split(whereSeparator: { ".:\\".contains($0) }).last ?? Substring(exception))
        }
        var title = event.title[...]
        for start in ["New message: ", "New log message: ", "Burst: ", (event.service ?? "\u{0}") + ": ", (event.service ?? "\u{0}") + " "]
        {
            if title.hasPrefix(start) { title = title.dropFirst(start.count) }
        }
        return String(title)
    }
    /// `http_request_duration_seconds` → `http request duration`: for a label whose unit stands with the value.
    static func metricName(_ metric: String) -> String {
        var name = metric[...]
        for ending in ["_seconds", "_bytes", "_ratio", "_total", "_percent", "_milliseconds", "_ms"]
        where name.hasSuffix(ending) && name.count > ending.count {
            name = name.dropLast(ending.count)
            break
        }
        return String(name).replacing(each: "_", with: " ")
    }
}
