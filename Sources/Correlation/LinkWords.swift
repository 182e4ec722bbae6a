import Model

extension LinkModel {
    /// The terms of a link as seen from `first`, largest first; their noisy-or is the score.
    func terms(of score: LinkScore, from first: Int, to second: Int) -> [Term] {
        let a = signals[first]
        let b = signals[second]
        let name = subjectName(of: b)
        var out: [Term] = []
        if score.topology >= 0.005 { out.append(Term(rounding: "topology", score.topology, topologyWords(score, first, second))) }
        if score.entity >= 0.005, score.bestEntity >= 0 {
            let entity = entities[score.bestEntity]
            out.append(
                Term(
                    rounding: "entity", score.entity,
                    "the same \(entity.kind.words) as \(name): \(entity.name.clipped(to: 80)), "
                        + "in \(entity.count) of \(Phrases.counted(signals.count, "signal"))"
                ))
        }
        if score.text >= 0.005 {
            out.append(Term(rounding: "text", score.text, "shares words with \(name): \(sharedWords(first, second))"))
        }
        if score.change >= 0.005, score.sharedChange >= 0 {
            out.append(Term(rounding: "change", score.change, "both follow \(changeNames[score.sharedChange])"))
        }
        if score.time >= 0.005 {
            out.append(Term(rounding: "time", score.time, Phrases.offset(Moments.elapsed(b.startMs, a.startMs), subject: name)))
        }
        return out.sorted { ($1.value, $0.name) < ($0.value, $1.name) }
    }

    func subjectName(of signal: Signal) -> String { "“\(signal.event.title.clipped(to: 80))”" }

    private func topologyWords(_ score: LinkScore, _ first: Int, _ second: Int) -> String {
        let a = signals[first].service
        let b = signals[second].service
        if score.isMention {
            let names = mentioned[first].contains(services[second])
            return names ? "its text names \(b)" : "the text of \(subjectName(of: signals[second])) names \(a)"
        }
        switch relations[services[first], services[second]] {
        case .same: return "both on \(a)"
        case .calls(let steps): return steps == 1 ? "\(a) calls \(b)" : "\(a) calls \(b) through one other service"
        case .calledBy(let steps): return steps == 1 ? "\(b) calls \(a)" : "\(b) calls \(a) through one other service"
        case .siblings(let callee): return "\(a) and \(b) both call \(relations.names[callee])"
        case nil: return "near in the service map"
        }
    }

    private func sharedWords(_ first: Int, _ second: Int) -> String {
        let shared = Set(tokens[first]).intersection(tokens[second]).sorted {
            (tokenWeights[$1], tokenNames[$0]) < (tokenWeights[$0], tokenNames[$1])
        }
        return Phrases.list(shared.prefix(3).map { "“\(tokenNames[$0].drop(while: { $0 == "=" }))”" })
    }
}
