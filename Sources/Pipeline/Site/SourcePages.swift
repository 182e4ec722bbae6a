import Model
import Rendering
import Store

/// A page for each configured source.
struct SourcePages {
    private let site: SiteInputs
    private var store: CaseStore { site.store }
    private let places: PublishedPlaces
    init(_ site: SiteInputs) {
        self.site = site
        places = PublishedPlaces(site.context.workspace)
    }

    func publish(_ publisher: inout SitePublisher) throws {
        let sources = try site.sources.get()
        var states: [String] = []
        for health in sources {
            let cursors = CursorWords.items(try store.cursors(origin: health.name))
            var breaker = try store.breaker(origin: health.name)
            breaker.lastError = breaker.lastError.map(places.local)
            var letters = try store.deadLetters(origin: health.name).sorted { ($1.lastAt.ms, $1.id) < ($0.lastAt.ms, $0.id) }
            for index in letters.indices { letters[index].letter.place = places.local(letters[index].letter.place) }
            let shown = cursors.prefix(SourcePage.cursorsShown).map { (item: places.local($0.item), state: $0.state) }
            var parts = [health.name, health.kind, health.state.rawValue, health.remark]
            parts += ["\(health.readCount)", "\(health.newestAt?.ms ?? 0)", "\(breaker.consecutiveFailures)"]
            parts += ["\(breaker.openedAt?.ms ?? 0)", breaker.lastError ?? "", "\(letters.count)", "\(cursors.count)"]
            if let newest = letters.first { parts.append("\(newest.id) \(newest.lastAt.ms) \(newest.count)") }
            for cursor in shown { parts += [cursor.item, cursor.state] }
            let state = Fingerprint(parts).text
            states.append(state)
            let path = SiteAddress.source(health.name)
            let digest = site.digest([state])
            if publisher.isCurrent(path, inputDigest: digest) {
                publisher.keep(path)
                continue
            }
            var file = SourceFile(health: health, breaker: breaker)
            let end = (health.newestAt ?? site.context.now).ms.floorDivided(by: .hourMs)
            file.hours = try store.activity(origin: health.name, hours: (end - 90 * 24)...end)
            file.cursors = shown
            file.cursorCount = cursors.count
            file.deadLetters = Array(letters.prefix(SourcePage.lettersShown + 1))
            try publisher.publish(path, inputDigest: digest) { asOf in
                try SourcePage.render(file, frame: site.frame(asOf), templates: site.templates)
            }
        }
        try publisher.publish(SiteAddress.sources, inputDigest: site.digest(["sources"] + states)) { asOf in
            try SourcesPage.render(sources, frame: site.frame(asOf), templates: site.templates)
        }
    }
}
