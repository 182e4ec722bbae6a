import Model
import Rendering
import Store

/// A page for each service that anything was ever heard of.
struct ServicePages {
    private let site: SiteInputs
    private var store: CaseStore { site.store }
    init(_ site: SiteInputs) { self.site = site }

    /// Beyond this many services only those with investigations have pages.
    static let mostPages = 2_000
    private static let changesRead = 200
    private static let signalsRead = 500
    private static let seriesRead = 60
    private static let changesMs: Int64 = 90 * .dayMs

    func publish(_ publisher: inout SitePublisher) throws {
        var all = ["services"] + site.cases.map(\.state)
        all += site.serviceStamps.keys.sorted().map { "\($0) \(site.serviceStamps[$0] ?? 0)" }
        all += site.context.configuration.services.map { "\($0.name) \($0.dependsOn)" }
        let overall = site.digest(all)
        if publisher.keep(below: ["services"], marker: SiteAddress.services, inputDigest: overall) { return }
        let map = try site.map.get()
        let listed = try site.listed()
        // Places, not the investigations, which are large.
        var places: [String: [Int]] = [:]
        for index in listed.indices { for service in Set(listed[index].services) { places[service, default: []].append(index) } }
        func cases(_ name: String) -> [Investigation] { (places[name] ?? []).map { listed[$0] } }
        var names = Set(places.keys.filter { !$0.isEmpty })
        if names.count < Self.mostPages {
            names.formUnion(map.services.union(site.serviceStamps.keys).sorted().prefix(Self.mostPages - names.count))
        }
        let states = Dictionary(site.cases.map { ($0.stamp.key, $0.state) }, uniquingKeysWith: { first, _ in first })
        for name in names.sorted() {
            let callers = try neighbours(map.callers(of: name), map) { ServiceMap.Edge(caller: $0, callee: name) }
            let callees = try neighbours(map.callees(of: name), map) { ServiceMap.Edge(caller: name, callee: $0) }
            let own = cases(name)
            let around = (callers + callees).map { "\($0.name) \($0.calls) \($0.openNumber ?? 0) \($0.openSeverity?.rawValue ?? "")" }
            var parts = [name, "\(site.serviceStamps[name] ?? 0)", "\(callers.count)"]
            parts += own.map { states[$0.key] ?? "" }
            let digest = site.digest(parts + around)
            let path = SiteAddress.service(name)
            if publisher.isCurrent(path, inputDigest: digest) {
                publisher.keep(path)
                continue
            }
            var file = try file(name, cases: own)
            file.callers = callers
            file.callees = callees
            try publisher.publish(path, inputDigest: digest) { asOf in
                try ServicePage.render(file, frame: site.frame(asOf), templates: site.templates)
            }
        }
        let lines = try names.sorted().map { try line($0, cases: cases($0), map: map) }
        try publisher.publish(SiteAddress.services, inputDigest: overall) { asOf in
            try ServicesPage.render(lines, frame: site.frame(asOf), templates: site.templates)
        }
    }

    private func neighbours(_ names: [String], _ map: ServiceMap, _ edge: (String) -> ServiceMap.Edge) throws -> [Neighbour] {
        try names.prefix(200).map { name in
            let open = try site.openByService.get()[name]
            return Neighbour(
                name: name, calls: map.edges[edge(name)] ?? 0, openNumber: open?.number, openSeverity: open?.severity)
        }
    }

    private func line(_ name: String, cases: [Investigation], map: ServiceMap) throws -> ServiceLine {
        let open = try site.openByService.get()[name]
        let since = site.context.now - 90 * .dayMs
        return ServiceLine(
            name: name, openNumber: open?.number, openSeverity: open?.severity, caseCount: cases.count,
            recentCount: cases.count { $0.startedAt >= since }, lastAt: cases.map(\.startedAt).max(), callers: map.callers(of: name).count,
            callees: map.callees(of: name).count)
    }

    /// The day that ends with the newest fact of the service.
    private func file(_ name: String, cases: [Investigation]) throws -> ServiceFile {
        let end = try store.newestFact(service: name) ?? cases.map(\.lastSignalAt).max() ?? site.context.now
        let to = end + .minuteMs
        var file = ServiceFile(name: name, from: to - .dayMs, to: to)
        file.cases = cases
        file.changes = try store.changes(in: (to - Self.changesMs)...to, service: name, limit: Self.changesRead)
        file.signals = Array(try site.signals(service: name, in: file.from...to).suffix(Self.signalsRead))
        file.caseOf = try store.caseNumbers(fingerprints: file.signals.map(\.fingerprint))
        let week = to.minute - 7 * 24 * 60
        let rates = try store.logRates(services: [name], minutes: week..<to.minute + 1).first
        if let rates {
            var hours: [Int64: Int64] = [:]
            for (minute, count) in zip(rates.minutes, rates.all) { hours[minute.floorDivided(by: 60), default: 0] += count }
            file.logHours = hours.keys.sorted().map { HourCount(hour: $0, count: hours[$0] ?? 0) }
            let day = rates.minutes.firstIndex { $0 >= file.from.minute } ?? rates.minutes.endIndex
            file.logs = LogRate(
                service: name, minutes: Array(rates.minutes[day...]), errors: Array(rates.errors[day...]), all: Array(rates.all[day...]))
            file.gaps = Silences.spans(in: file.logHours, until: to).filter { $0.upperBound > file.from }.map {
                SourceGap(origin: "", source: .logs, service: name, from: max($0.lowerBound, file.from), to: $0.upperBound)
            }
        }
        let suspected = Set(file.signals.compactMap { $0.text(EventAttribute.metric) })
        let keys = try store.metricKeys(service: name)
        file.seriesCount = keys.count
        // Those with anomalies first; a metric of many instances by its first.
        let shown = keys.filter { suspected.contains($0.metric) } + keys.filter { !suspected.contains($0.metric) }
        var seen: Set<String> = []
        for key in shown where seen.insert(key.metric).inserted {
            if seen.count > Self.seriesRead { break }
            if let track = try store.track(key: key, from: file.from - 7 * .dayMs, to: to), !track.points.isEmpty {
                file.tracks.append(track)
            }
            if file.tracks.count >= 12 { break }
        }
        return file
    }
}
