import Foundation
import Model

/// The parts of one link between two signals, before they are put into words.
///
/// `total` = 1 - Π(1 - part). Every part but `time` is already scaled by nearness in time, and `time` never exceeds the
/// largest other part: nothing is linked on time alone.
struct LinkScore {
    var time = 0.0
    var topology = 0.0
    var entity = 0.0
    var text = 0.0
    var change = 0.0
    var total = 0.0
    /// The rarest thing both name, as an index into `LinkModel.entities`; -1 when there is none.
    var bestEntity = -1
    /// The change both follow, as an index into `LinkModel.changeNames`; -1 when there is none.
    var sharedChange = -1
    /// True when one names the other's service in its text.
    var isMention = false
    /// True when only the map speaks for the link, from a caller to one of several callees.
    /// (A change shared with a neighbour is the map's word again.)
    var isMapOnly: Bool { entity == 0 && text < 0.1 && !isMention }
}

/// What a signal may have in common with another, and how much that says when few signals share it.
enum EntityKind: Int, CaseIterable {
    case trace, test, commit, template, alert, exception, file, operation, instance, metric, host, suite

    /// Weight of a fact shared by two signals alone.
    var weight: Double {
        switch self {
        case .trace: 0.75
        case .test: 0.7
        case .template: 0.6
        case .alert, .file, .exception: 0.45
        case .metric: 0.4
        case .instance, .operation, .host: 0.35
        case .suite: 0.3
        case .commit: 0.25
        }
    }
    /// A trace, a commit, a host or a file ties services that the map does not; the same class of exception does not.
    var crossesServices: Bool {
        switch self {
        case .trace, .commit, .file, .host, .test: true
        default: false
        }
    }
    /// The name of a metric or an alert is the same on every service; it tells something about two instances of one.
    var needsSameService: Bool {
        switch self {
        case .metric, .alert, .operation, .suite: true
        default: false
        }
    }
    var words: String {
        switch self {
        case .alert: "alert"
        case .template: "log template"
        default: "\(self)"
        }
    }
}

/// The constants of a link. They were set by hand so that either of these reaches .5 between signals of usual strength within a
/// few minutes: the same service; a service and one it calls; a rare shared fact. Text, a shared change or a common
/// silent callee need company. Scenario tests hold each of these sentences.
enum LinkWeights {
    static let sameService = 0.60
    static let direct = 0.46
    static let twoSteps = 0.24
    static let siblings = 0.28
    static let mention = 0.4
    /// A caller that failed clearly before its callee is a weaker story.
    static let wrongWay = 0.8
    /// A caller floods what it calls within minutes.
    static let floodMs: Int64 = 5 * 60_000
    static let floodDecayMs = 3.0 * 60_000
    static let acrossFamilies = 0.2
    static let otherHost = 0.6
    static let otherSubject = 0.55
    static let otherEnvironment = 0.3
    static let text = 0.55
    static let textFloor = 0.12
    /// Titles of metrics, alerts and spans are made of names that every service shares.
    static let formalText = 0.2
    /// So much shared text lets a red test join what failed in its own service.
    static let tellingText = 0.2
    static let time = 0.25
    static let change = 0.35
    static let testedChange = 0.2
    static let relevantTestedChange = 0.5
    /// What two unrelated services reach at most without a shared rare fact.
    static let unrelatedCeiling = 0.45
    static let unrelatedEntity = 0.4
    static let explainedElsewhere = 0.6
    static let toleranceMs: Int64 = 120_000
    /// Facts in more than this share of the signals are hubs.
    static let hubShare = 0.3
    static let hubMinimumSignals = 12
    /// Links below this are forgotten.
    static let floor = 0.2
}

extension LinkModel {
    /// The link of two signals by their numbers.
    func score(_ first: Int, _ second: Int, isExplainedElsewhere: Bool = false) -> LinkScore {
        let a = facts[first]
        let b = facts[second]
        var score = LinkScore()
        let nearness = self.nearness(a, b, isOneService: services[first] == services[second])
        if nearness <= 0 { return score }
        let sameWorld = a.environment < 0 || b.environment < 0 || a.environment == b.environment
        let relation = relations[services[first], services[second]]
        let isUnknown = services[first] < 0 || services[second] < 0

        var topology = topologyValue(first, second, relation)
        let mentions =
            topology < LinkWeights.mention && (mentioned[first].contains(services[second]) || mentioned[second].contains(services[first]))
        if mentions && a.family != .build && b.family != .build {
            topology = LinkWeights.mention
            score.isMention = true
        }
        if isExplainedElsewhere { topology *= LinkWeights.explainedElsewhere }
        if !sameWorld { topology *= LinkWeights.otherEnvironment }
        score.topology = topology * (0.7 + 0.3 * min(a.strength, b.strength)) * nearness

        let (entity, best, identity) = sharedEntity(
            first, second, isSame: relation == .same || isUnknown, isRelated: relation != nil || isUnknown)
        score.entity = entity * (identity ? 0.5 + 0.5 * nearness : nearness)
        score.bestEntity = entity > 0 ? best : -1

        let cosine = textSimilarity(first, second)
        let similar = max(0, (cosine - LinkWeights.textFloor) / (1 - LinkWeights.textFloor))
        let isTelling = relation == .same || speaksFreely[first] || speaksFreely[second]
        score.text =
            LinkWeights.text * similar * nearness * (sameWorld ? 1 : LinkWeights.otherEnvironment)
            * (isTelling ? 1 : LinkWeights.formalText)

        let (change, changed) = sharedChange(first, second)
        score.change = change * nearness * (isExplainedElsewhere ? LinkWeights.explainedElsewhere : 1)
        score.sharedChange = changed

        let others = max(score.topology, score.entity, score.text, score.change)
        score.time = min(LinkWeights.time * nearness, others)
        if others < 0.02 { return LinkScore() }
        score.total = Scores.noisyOr([score.time, score.topology, score.entity, score.text, score.change])
        let isTied = relation != nil || isUnknown || score.isMention || score.change > 0
        if !isTied { cap(&score) }
        if a.family != b.family, a.family == .build || b.family == .build, score.entity == 0, score.change == 0,
            score.text < LinkWeights.tellingText
        {
            cap(&score)
        }
        return score
    }

    /// Two signals of services that have nothing to do with each other stay under the ceiling unless a rare shared fact that
    /// crosses services carries them over it by itself.
    private func cap(_ score: inout LinkScore) {
        let crosses = score.bestEntity >= 0 && entities[score.bestEntity].kind.crossesServices
        if crosses { return }
        let ceiling = min(LinkWeights.unrelatedCeiling, 0.9 * threshold)
        if score.total <= ceiling || score.total <= 0 { return }
        // Scaling every part by one factor in the exponent keeps the noisy-or exact: Π(1 - part)^k = 1 - ceiling.
        let exponent = log(1 - ceiling) / log(1 - min(0.9999, score.total))
        func scaled(_ part: Double) -> Double { 1 - pow(1 - part, exponent) }
        score.time = scaled(score.time)
        score.topology = scaled(score.topology)
        score.entity = scaled(score.entity)
        score.text = scaled(score.text)
        score.change = scaled(score.change)
        score.total = ceiling
    }

    /// 1 for two signals that began together and still last, falling with the gap between them and between their onsets; 0
    /// beyond the longest gap. What lasts long overlaps much, so onsets count by themselves, and more across services: a
    /// cascade takes seconds to minutes for a step.
    private func nearness(_ a: Facts, _ b: Facts, isOneService: Bool) -> Double {
        let gap = max(0, Moments.elapsed(min(a.endMs, b.endMs), max(a.startMs, b.startMs)))
        if gap > longestGapMs { return 0 }
        let window = max(a.windowMs, b.windowMs)
        let onsets = abs(Moments.elapsed(a.startMs, b.startMs))
        let floor = isOneService ? 0.4 : 0.2
        let together = Scores.decay(onsets, constantMs: window * (isOneService ? 3 : 0.7))
        return Scores.decay(gap, constantMs: window) * (floor + (1 - floor) * together)
    }

    private func topologyValue(_ first: Int, _ second: Int, _ relation: ServiceRelation?) -> Double {
        guard let relation else { return 0 }
        let a = facts[first]
        let b = facts[second]
        var value: Double
        switch relation {
        case .same: value = LinkWeights.sameService
        case .calls(let steps):
            value = steps == 1 ? LinkWeights.direct : LinkWeights.twoSteps
            value *= wrongWay(caller: first, callee: second)
        case .calledBy(let steps):
            value = steps == 1 ? LinkWeights.direct : LinkWeights.twoSteps
            value *= wrongWay(caller: second, callee: first)
        case .siblings: value = LinkWeights.siblings
        }
        if a.family == .build || b.family == .build {
            return relation == .same ? value * LinkWeights.acrossFamilies : 0
        }
        if relation == .same, a.host >= 0, b.host >= 0, a.host != b.host, a.isOfHost || b.isOfHost { value *= LinkWeights.otherHost }
        if a.subject != b.subject { value *= LinkWeights.otherSubject }
        return value
    }

    /// Trouble runs from callee to caller, and within moments from a caller to the callee it floods. A callee whose trouble
    /// began long after its caller's is neither the cause nor such a victim: 1 within the tolerance, less after it, and
    /// falling to nothing once a flood would long have arrived.
    private func wrongWay(caller: Int, callee: Int) -> Double {
        let isLate = Moments.elapsed(facts[caller].startMs, facts[callee].startMs) > LinkWeights.toleranceMs
        let lateRun = Moments.elapsed(runOnsets[caller], runOnsets[callee])
        return (isLate ? LinkWeights.wrongWay : 1)
            * Scores.decay(max(0, lateRun - LinkWeights.floodMs), constantMs: LinkWeights.floodDecayMs)
    }

    /// The rarest shared fact, raised a little by the second; `identity` when it is a fact that lasts longer than a moment.
    private func sharedEntity(_ first: Int, _ second: Int, isSame: Bool, isRelated: Bool) -> (value: Double, best: Int, identity: Bool) {
        var best = -1
        var bestWeight = 0.0
        var next = 0.0
        let a = signalEntities[first]
        let b = signalEntities[second]
        var i = 0
        var j = 0
        while i < a.count && j < b.count {
            if a[i] == b[j] {
                let entity = entities[a[i]]
                let weight =
                    entity.kind.needsSameService && !isSame
                    ? 0 : entity.weight * (isRelated || entity.kind.crossesServices ? 1 : LinkWeights.unrelatedEntity)
                if weight > bestWeight {
                    next = bestWeight
                    bestWeight = weight
                    best = a[i]
                } else {
                    next = max(next, weight)
                }
                i += 1
                j += 1
            } else if a[i] < b[j] {
                i += 1
            } else {
                j += 1
            }
        }
        if best < 0 { return (0, -1, false) }
        let kind = entities[best].kind
        return (bestWeight + (1 - bestWeight) * next * 0.5, best, kind != .host && kind != .instance)
    }

    /// Cosine of the two sets of words, weighted by the square of their rarity.
    func textSimilarity(_ first: Int, _ second: Int) -> Double {
        let a = tokens[first]
        let b = tokens[second]
        if norms[first] <= 0 || norms[second] <= 0 { return 0 }
        var shared = 0.0
        var i = 0
        var j = 0
        while i < a.count && j < b.count {
            if a[i] == b[j] {
                shared += tokenWeights[a[i]]
                i += 1
                j += 1
            } else if a[i] < b[j] {
                i += 1
            } else {
                j += 1
            }
        }
        return shared / (norms[first] * norms[second])
    }

    /// The change that both began after: of their own services or of a service next to one of them.
    private func sharedChange(_ first: Int, _ second: Int) -> (value: Double, change: Int) {
        var best = 0.0
        var found = -1
        for one in changesInForce[first] {
            for other in changesInForce[second] where other.change == one.change {
                let value: Double
                if facts[first].family == .build && facts[second].family == .build { continue }
                if one.isTested || other.isTested {
                    if one.isTested && other.isTested { continue }
                    value = one.isRelevant || other.isRelevant ? LinkWeights.relevantTestedChange : LinkWeights.testedChange
                } else {
                    value = LinkWeights.change * min(one.weight, other.weight)
                }
                if value > best {
                    best = value
                    found = one.change
                }
            }
        }
        return (best, found)
    }
}
