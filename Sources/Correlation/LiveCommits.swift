import Model

/// Which commits were live at the onset of a case, newest first.
enum LiveCommits {
    static func find(blast: BlastRadius, releases: Releases, rules: CorrelationRules) -> [SuspectRanking.Candidate] {
        let from = blast.onset - rules.lookbackMs
        let found = blast.isBuildOnly ? tested(blast, releases) : deployed(blast, releases)
        let recent = found.filter { candidate in
            let at = candidate.liveAt ?? releases.commits[candidate.commit].at
            return at >= from
        }
        return Array(
            recent.sorted {
                (releases.commits[$1.commit].at, releases.commits[$0.commit].sha) < (
                    releases.commits[$0.commit].at, releases.commits[$1.commit].sha
                )
            }.prefix(SuspectWeights.mostCandidates))
    }

    /// A failing test saw its own commit and what that stands on.
    private static func tested(_ blast: BlastRadius, _ releases: Releases) -> [SuspectRanking.Candidate] {
        var seen: Set<Int> = []
        for signal in blast.signals.prefix(50) {
            if let head = signal.event.commit.flatMap(releases.commit(named:)) {
                let line = releases.ancestry(of: head)
                seen.formUnion(line.count > 1 ? line : line.union(byTime(releases, before: releases.commits[head].at, service: nil)))
            }
        }
        if seen.isEmpty { seen = byTime(releases, before: blast.onset, service: nil) }
        return seen.sorted().map { SuspectRanking.Candidate(commit: $0, liveAt: nil, carrier: nil, isFresh: false) }
    }

    private static func byTime(_ releases: Releases, before moment: Instant, service: String?) -> Set<Int> {
        Set(releases.commits.indices.filter { releases.commits[$0].at <= moment })
    }

    /// What the deployments before the onset carried. Where no deployment of the services involved is known, time decides.
    private static func deployed(_ blast: BlastRadius, _ releases: Releases) -> [SuspectRanking.Candidate] {
        let involved = Set(blast.services)
        let known = releases.deployments.indices.filter { number in
            releases.deployments[number].service.map(involved.contains) ?? true
        }
        let others = releases.deployments.indices.filter { releases.deployments[$0].at <= blast.onset }
        if known.isEmpty && others.isEmpty || releases.deployments.allSatisfy({ $0.carried.isEmpty && $0.head == nil }) {
            return byTime(releases, before: blast.onset, service: nil).sorted().map {
                .init(commit: $0, liveAt: nil, carrier: nil, isFresh: false)
            }
        }
        var live: [Int: SuspectRanking.Candidate] = [:]
        var fresh: Set<Int> = []
        for service in involved.sorted() { if let number = releases.current(of: service, at: blast.onset) { fresh.insert(number) } }
        for number in others {
            let deployment = releases.deployments[number]
            for commit in deployment.carried where live[commit] == nil || fresh.contains(number) && live[commit]?.isFresh == false {
                live[commit] = .init(commit: commit, liveAt: deployment.at, carrier: number, isFresh: fresh.contains(number))
            }
        }
        // What a running commit stands on is live too, though no known deployment brought it.
        for number in fresh.sorted() {
            guard let head = releases.deployments[number].head else { continue }
            for commit in releases.ancestry(of: head).sorted() where live[commit] == nil {
                live[commit] = .init(commit: commit, liveAt: nil, carrier: nil, isFresh: false)
            }
        }
        // A service without any known deployment runs what was committed for it.
        let deployedServices = Set(releases.deployments.map { $0.service ?? "" })
        if !deployedServices.contains("") {
            for index in releases.commits.indices where live[index] == nil && releases.commits[index].at <= blast.onset {
                guard let service = releases.commits[index].event.service, involved.contains(service), !deployedServices.contains(service)
                else { continue }
                live[index] = .init(commit: index, liveAt: nil, carrier: nil, isFresh: false)
            }
        }
        return live.keys.sorted().compactMap { live[$0] }
    }
}
