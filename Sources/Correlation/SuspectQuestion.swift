import Model

/// What to ask the repositories about a case: who wrote the lines its stacks name, at the commit that ran, and what the likeliest
/// candidates changed.
enum SuspectQuestion {
    static let framesPerStack = 4
    /// A commit's date may lie before its parent's.
    static let skewMs = Int64.dayMs

    static func ask(_ scoring: SuspectScoring, blast: BlastRadius, releases: Releases) -> CodeQuestion? {
        let commits = scoring.candidates.map { releases.commits[$0.commit] }
        guard let oldest = commits.map(\.at).min() else { return nil }
        let compared = scoring.order.map { commits[$0] }.filter { commit in
            let files = commit.event.touchedFiles
            let lines = files.reduce(0) { $0 &+ max(0, $1.added) &+ max(0, $1.deleted) }
            return !files.isEmpty && lines <= Limits.changedLinesPerCommit
        }
        let passedOver = Set(scoring.passedOver.map { releases.commits[$0].sha }).sorted()
        let question = CodeQuestion(
            frames: frames(blast, releases), commits: compared.prefix(Limits.commitsCompared).map(\.sha),
            passedOver: Array(passedOver.prefix(Limits.ignoredRevisions)), since: oldest - skewMs)
        return question.isEmpty ? nil : question
    }

    private static func frames(_ blast: BlastRadius, _ releases: Releases) -> [CodeQuestion.Frame] {
        struct Place: Hashable {
            var head: String
            var file: String
            var line: Int
        }
        var best: [Place: CodeQuestion.Frame] = [:]
        for signal in blast.signals.prefix(500) {
            let own = CodeEvidence.ownFrames(of: signal).prefix(framesPerStack)
            guard !own.isEmpty, let head = head(of: signal, blast, releases) else { continue }
            for (position, frame) in own.enumerated() where frame.line > 0 && frame.line < 10_000_000 {
                let weight = CodeEvidence.weight(at: position)
                let place = Place(head: head, file: frame.file, line: frame.line)
                if let known = best[place], known.weight >= weight { continue }
                best[place] = CodeQuestion.Frame(head: head, frame: frame, weight: weight)
            }
        }
        let ordered = best.sorted {
            ($1.value.weight, $0.key.file, $0.key.line, $0.key.head) < ($0.value.weight, $1.key.file, $1.key.line, $1.key.head)
        }
        return ordered.prefix(Limits.framesBlamed).map(\.value)
    }

    /// The commit whose code threw: a test's own; what the last deployment of the service brought; without any, the newest.
    private static func head(of signal: Signal, _ blast: BlastRadius, _ releases: Releases) -> String? {
        if signal.nature == .test, let commit = signal.event.commit { return commit.lowercased() }
        let services = signal.service.isEmpty ? blast.services : [signal.service]
        for service in services.prefix(50) {
            guard let number = releases.current(of: service, at: blast.onset) else { continue }
            let deployment = releases.deployments[number]
            if let commit = deployment.event.commit { return commit.lowercased() }
            if let commit = deployment.carried.last { return releases.commits[commit].sha }
        }
        return releases.commits.last { $0.at <= blast.onset }?.sha
    }
}

/// Which lines around a failing one are looked at.
package enum SuspectReach {
    package static func lines(around line: Int) -> ClosedRange<Int> {
        max(1, line - SuspectWeights.blameReach)...(line + SuspectWeights.blameReach)
    }
}
