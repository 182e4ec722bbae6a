import Model

/// Reads the graph off a case: services that failed, in the columns of their phase; edges where the service map and the
/// order in time agree.
struct CauseGraphBuilder {
    static let nodesPerColumn = 6
    static let asideLimit = 4
    private static let headings = ["Change", "Cause", "First failure", "Impact", "Felt by customers"]

    /// A service with its signals.
    struct Hurt {
        var service: String
        var column: Int
        var first: Instant
        var headline: Event
        var alerts: [String]
        var severity: Severity
    }
    private let file: CaseFile
    private let cause: ProbableCause
    private var graph = CauseGraph()
    private var nodeOf: [String: Int] = [:]
    private var hurts: [Hurt] = []

    static func graph(_ file: CaseFile) -> CauseGraph {
        var builder = CauseGraphBuilder(file)
        builder.build()
        return builder.graph
    }
    private init(_ file: CaseFile) {
        self.file = file
        cause = ProbableCause(file)
    }

    private mutating func build() {
        hurts = Self.hurts(file, causeService: cause.hypothesis?.service)
        guard !hurts.isEmpty else { return }
        let changeNode = addChange()
        var shown: [Hurt] = []
        for column in 1...4 {
            let all = hurts.filter { $0.column == column }
            let kept = all.sorted { ($0.severity.rank, $0.first.ms, $0.service) < ($1.severity.rank, $1.first.ms, $1.service) }
                .prefix(Self.nodesPerColumn).sorted { ($0.first.ms, $0.service) < ($1.first.ms, $1.service) }
            graph.omitted += all.count - kept.count
            shown += kept
        }
        for hurt in shown { add(hurt) }
        if let changeNode { connectChange(changeNode, shown) }
        for hurt in shown { connect(hurt, shown) }
        addRecovery(shown)
        if graph.nodes.contains(where: { $0.column != graph.nodes[0].column && !$0.isApart }) { addAsides(shown) }
        addDependencies()
        compactColumns()
    }

    // MARK: - Who was hurt, and where it stands

    /// The services with signals, in order of column and time.
    static func hurts(_ file: CaseFile, causeService: String?) -> [Hurt] {
        // Places, not the items, which are large.
        var byService: [String: [Int]] = [:]
        for (place, item) in file.items.enumerated() where item.event.role == .signal && item.evidence.stance == .supports {
            guard let service = item.event.service, !service.isEmpty else { continue }
            guard [.cause, .firstFailure, .impact].contains(item.evidence.phase) else { continue }
            byService[service, default: []].append(place)
        }
        let items = file.items
        var hurts: [Hurt] = byService.keys.sorted().compactMap { service in
            let own = byService[service] ?? []
            let phases = Set(own.map { items[$0].evidence.phase })
            let column =
                phases.contains(.cause) || (service == causeService && !phases.contains(.firstFailure))
                ? 1 : phases.contains(.firstFailure) ? 2 : 3
            let phase: EvidencePhase = phases.contains(.cause) ? .cause : phases.contains(.firstFailure) ? .firstFailure : .impact
            func rank(_ place: Int) -> (Int, Double, Int64, String) {
                let (evidence, event) = (items[place].evidence, items[place].event)
                return (event.severity.rank, -evidence.confidence, event.occurredAt.ms, event.fingerprint.text)
            }
            let headline = own.filter { items[$0].evidence.phase == phase }.min { rank($0) < rank($1) }
            guard let headline, let first = own.map({ items[$0].event.occurredAt }).min() else { return nil }
            return Hurt(
                service: service, column: column, first: first, headline: items[headline].event,
                alerts: alerts(own.map { items[$0] }), severity: own.map { items[$0].event.severity }.max() ?? .info)
        }
        moveToCustomers(&hurts, file.map)
        return hurts.sorted { ($0.column, $0.first.ms, $0.service) < ($1.column, $1.first.ms, $1.service) }
    }
    private static func alerts(_ items: [EvidenceItem]) -> [String] {
        var seen: Set<String> = []
        return items.filter { $0.event.source == .alerts }.sorted {
            ($0.event.occurredAt.ms, $0.event.title) < ($1.event.occurredAt.ms, $1.event.title)
        }.map(\.event.title).filter { !$0.isEmpty && seen.insert($0).inserted }
    }
    /// Impact that nobody else calls and that calls something hurt is what customers touch.
    private static func moveToCustomers(_ hurts: inout [Hurt], _ map: ServiceMap) {
        let names = Set(hurts.map(\.service))
        let edges = hurts.indices.filter { index in
            let hurt = hurts[index]
            return hurt.column == 3 && map.callers(of: hurt.service).isEmpty
                && map.callees(of: hurt.service).contains { names.contains($0) }
        }
        if edges.count == hurts.filter({ $0.column == 3 }).count && !hurts.contains(where: { $0.column < 3 }) { return }
        for index in edges { hurts[index].column = 4 }
    }

    // MARK: - Nodes

    private func title(_ text: String) -> String { TextFit.clipped(text, to: 130, size: 12.5, isBold: true) }
    private func detail(_ text: String) -> String { TextFit.clipped(text, to: 130, size: 11) }
    private func time(_ at: Instant) -> String { PageWords.moment(at, near: file.investigation.startedAt) }
    private func target(_ fingerprint: Fingerprint) -> String? {
        file.items.contains { $0.event.fingerprint == fingerprint } ? CanvasAnchor.event(fingerprint) : nil
    }
    private mutating func append(_ node: CauseGraph.Node) -> Int {
        graph.nodes.append(node)
        return graph.nodes.count - 1
    }

    private mutating func addChange() -> Int? {
        guard let change = cause.change, let at = cause.changeAt else { return nil }
        let event = file.items.first { $0.event.fingerprint == change }?.event ?? file.otherChanges.first { $0.fingerprint == change }
        let name = event.map(ChangeWords.name) ?? file.investigation.suspects.first { $0.change == change }?.subject ?? "change"
        return append(
            CauseGraph.Node(
                title: title(name), fullTitle: name, detail: detail(event.map(ChangeWords.kind) ?? "change"),
                remark: event?.title ?? "", time: "live \(time(at))", column: 0, style: .change, target: target(change),
                kind: "change"))
    }
    private mutating func add(_ hurt: Hurt) {
        nodeOf[hurt.service] = append(
            CauseGraph.Node(
                title: title(hurt.service), fullTitle: hurt.service, detail: detail(EventWords.short(hurt.headline)),
                remark: hurt.headline.title, time: time(hurt.first), column: hurt.column,
                style: hurt.column == 1 && cause.change == nil ? .change : hurt.column <= 2 ? .bad : .plain,
                target: target(hurt.headline.fingerprint), kind: kind(hurt.headline), alerts: hurt.alerts))
    }
    private func kind(_ headline: Event) -> String { headline.type == .metricAnomaly ? "metric" : headline.source.rawValue }
    private mutating func addRecovery(_ shown: [Hurt]) {
        let recoveries = file.items.filter { $0.event.role == .change && $0.evidence.phase == .recovery && ChangeWords.isLive($0.event) }
        guard let last = recoveries.max(by: { $0.event.occurredAt < $1.event.occurredAt })?.event, let first = shown.first,
            let to = nodeOf[first.service]
        else { return }
        let name = ChangeWords.name(last)
        let node = append(
            CauseGraph.Node(
                title: title(name), fullTitle: name, detail: detail("resolution: \(ChangeWords.kind(last))"), remark: last.title,
                time: "live \(time(last.occurredAt))", column: 0, style: .good, target: target(last.fingerprint),
                kind: "resolution", isApart: true))
        graph.edges.append(CauseGraph.Edge(from: node, to: to, kind: .resolves))
    }
    /// Other candidates that stand apart, and changes made while it lasted.
    private mutating func addAsides(_ shown: [Hurt]) {
        guard let focus = shown.first(where: { $0.column == 2 }) ?? shown.first, let to = nodeOf[focus.service] else { return }
        var added = 0
        let contradicted = Set(file.items.filter { $0.evidence.stance == .contradicts }.map(\.event.fingerprint))
        for hypothesis in file.investigation.hypotheses.dropFirst().prefix(4) where added < Self.asideLimit {
            if let service = hypothesis.service, nodeOf[service] != nil, hypothesis.kind != .change { continue }
            if hypothesis.change != nil && hypothesis.change == cause.change { continue }
            let isRuledOut = hypothesis.evidence.contains { contradicted.contains($0) }
            guard isRuledOut || hypothesis.score >= 0.15 && (hypothesis.kind == .change || hypothesis.kind == .dependency) else { continue }
            let event = ProbableCause.event(of: hypothesis, in: Set(file.items.map(\.event.fingerprint)))
            let known = file.items.first { $0.event.fingerprint == event }?.event
            let node = append(
                CauseGraph.Node(
                    title: title(ChangeWords.bare(hypothesis.name)), fullTitle: ChangeWords.bare(hypothesis.name),
                    detail: isRuledOut ? "ruled out" : "scores \(PageWords.score(hypothesis.score))", remark: hypothesis.summary,
                    time: known.map { time($0.occurredAt) } ?? "", column: min(max(1, focus.column - 1) + added, 4), style: .aside,
                    target: event.map(CanvasAnchor.event), kind: hypothesis.kind == .change ? "change" : "finding", isApart: true))
            graph.edges.append(CauseGraph.Edge(from: node, to: to, kind: .correlates))
            added += 1
        }
        for item in file.items where added < Self.asideLimit && item.event.role == .change && item.evidence.phase == .impact {
            guard ChangeWords.isLive(item.event), let service = item.event.service, let to = nodeOf[service] else { continue }
            let name = ChangeWords.name(item.event)
            let node = append(
                CauseGraph.Node(
                    title: title(name), fullTitle: name, detail: detail(ChangeWords.kind(item.event)), remark: item.event.title,
                    time: time(item.event.occurredAt), column: graph.nodes[to].column, style: .aside,
                    target: CanvasAnchor.event(item.event.fingerprint), kind: "change", isApart: true))
            graph.edges.append(CauseGraph.Edge(from: node, to: to, kind: .relates))
            added += 1
        }
    }

    // MARK: - Edges

    private mutating func connectChange(_ change: Int, _ shown: [Hurt]) {
        let leftmost = shown.map(\.column).min() ?? 1
        for hurt in shown where hurt.column == leftmost {
            guard let to = nodeOf[hurt.service] else { continue }
            graph.edges.append(CauseGraph.Edge(from: change, to: to, kind: .causes))
        }
    }
    /// From the nearest hurt services of an earlier column: those it calls (a failure climbs to callers) before those
    /// that call it (load sinks to callees). Without a way in the map it only came later.
    private mutating func connect(_ hurt: Hurt, _ shown: [Hurt]) {
        guard let to = nodeOf[hurt.service] else { return }
        let earlier = shown.filter { $0.column < hurt.column }
        guard !earlier.isEmpty else { return }
        var found: [(cost: Double, column: Int, service: String)] = []
        for other in earlier {
            let down = file.map.distance(from: hurt.service, to: other.service, limit: 3).map(Double.init)
            let up = file.map.distance(from: other.service, to: hurt.service, limit: 3).map { Double($0) + 0.5 }
            guard let cost = [down, up].compactMap({ $0 }).min() else { continue }
            found.append((cost, -other.column, other.service))
        }
        found.sort { ($0.cost, $0.column, $0.service) < ($1.cost, $1.column, $1.service) }
        guard let best = found.first else {
            if let last = earlier.max(by: { ($0.column, $0.first.ms, $1.service) < ($1.column, $1.first.ms, $0.service) }),
                let from = nodeOf[last.service]
            {
                graph.edges.append(CauseGraph.Edge(from: from, to: to, kind: .precedes))
            }
            return
        }
        for other in found.filter({ $0.cost == best.cost }).prefix(2) {
            guard let from = nodeOf[other.service] else { continue }
            graph.edges.append(CauseGraph.Edge(from: from, to: to, kind: .causes))
        }
    }
    private mutating func addDependencies() {
        let joined = Set(graph.edges.flatMap { [[$0.from, $0.to], [$0.to, $0.from]] })
        for edge in file.map.edges.keys.sorted() {
            guard let caller = nodeOf[edge.caller], let callee = nodeOf[edge.callee], !joined.contains([caller, callee]),
                graph.nodes[callee].column < graph.nodes[caller].column, graph.edges.count < 60
            else { continue }
            graph.edges.append(CauseGraph.Edge(from: callee, to: caller, kind: .dependsOn))
        }
    }
    private mutating func compactColumns() {
        let used = Set(graph.nodes.filter { !$0.isApart }.map(\.column)).union(
            graph.nodes.contains { $0.isApart && $0.column == 0 } ? [0] : [])
        let kept = used.sorted()
        for index in graph.nodes.indices {
            let column = graph.nodes[index].column
            graph.nodes[index].column = kept.firstIndex(of: column) ?? (kept.firstIndex { $0 > column } ?? max(0, kept.count - 1))
        }
        graph.headings = kept.map { Self.headings[$0] }
    }
}
