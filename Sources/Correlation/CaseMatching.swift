import Model

/// Which group of signals is which known investigation.
///
/// Each known case looks for the group that holds most of its evidence (by confidence; what a person linked decides). Of
/// several cases that meet in one group the settled one survives, then the lowest number; the others are merged into it.
struct CaseMatching {
    struct Match {
        /// Numbers of signals, in order.
        var signals: [Int]
        var survivor: CaseSnapshot?
        var merged: [CaseSnapshot] = []
        /// Groups it was made from.
        var groups: [Int]
    }
    private(set) var matches: [Match] = []
    /// Known cases that no group holds anything of.
    private(set) var orphans: [CaseSnapshot] = []

    init(groups: SignalGroups, cases: [CaseSnapshot], isSingle: Bool) {
        let live = cases.filter { $0.investigation.mergedInto == nil }.sorted { $0.investigation.number < $1.investigation.number }
        var pieces =
            isSingle
            ? [Match(signals: Array(groups.signals.indices), groups: [])]
            : groups.groups.enumerated().map { Match(signals: $1.signals, groups: [$0]) }
        Self.unite(&pieces, by: groups)
        var pieceOf: [Int: Int] = [:]
        for (piece, match) in pieces.enumerated() { for signal in match.signals { pieceOf[signal] = piece } }

        var claims: [Int: [CaseSnapshot]] = [:]
        for snapshot in live {
            guard let piece = Self.best(snapshot, groups, pieceOf) ?? (isSingle && !pieces.isEmpty ? 0 : nil) else {
                orphans.append(snapshot)
                continue
            }
            claims[piece, default: []].append(snapshot)
        }
        for (piece, claimants) in claims {
            // A case that a person deleted stays deleted and swallows its signals; living ones go before it.
            let ordered = claimants.sorted {
                ($0.investigation.isDeleted ? 1 : 0, $0.isSettled ? 0 : 1, $0.investigation.number)
                    < ($1.investigation.isDeleted ? 1 : 0, $1.isSettled ? 0 : 1, $1.investigation.number)
            }
            pieces[piece].survivor = ordered.first
            pieces[piece].merged = ordered.dropFirst().filter { !$0.investigation.isDeleted }
        }
        matches = pieces
    }

    /// Groups that hold signals put into the same case by people are one, together with that case's own group.
    private static func unite(_ pieces: inout [Match], by groups: SignalGroups) {
        if groups.decisions.pinned.isEmpty { return }
        var perCase: [String: Set<Int>] = [:]
        var pieceOf: [Int: Int] = [:]
        for (piece, match) in pieces.enumerated() {
            for signal in match.signals {
                pieceOf[signal] = piece
                if let pin = groups.decisions.pinned[groups.signals[signal].fingerprint] { perCase[pin.key, default: []].insert(piece) }
            }
        }
        for key in perCase.keys.sorted() {
            var members = perCase[key] ?? []
            if let home = groups.home(of: key, pieceOf: pieceOf) { members.insert(home) }
            let sorted = members.sorted()
            guard let first = sorted.first else { continue }
            for other in sorted.dropFirst() {
                pieces[first].signals = (pieces[first].signals + pieces[other].signals).sorted()
                pieces[first].groups += pieces[other].groups
                pieces[other] = Match(signals: [], groups: [])
                for signal in pieces[first].signals { pieceOf[signal] = first }
            }
        }
        pieces.removeAll { $0.signals.isEmpty }
    }

    private static func best(_ snapshot: CaseSnapshot, _ groups: SignalGroups, _ pieceOf: [Int: Int]) -> Int? {
        let key = snapshot.investigation.key
        var weights: [Int: Double] = [:]
        for item in snapshot.evidence where !groups.decisions.isExpelled(item.fingerprint, from: key) {
            if let pin = groups.decisions.pinned[item.fingerprint], pin.key != key { continue }
            guard let signal = groups.numbers[item.fingerprint], let piece = pieceOf[signal] else { continue }
            weights[piece, default: 0] += 0.01 + item.confidence
        }
        for (fingerprint, pin) in groups.decisions.pinned where pin.key == key {
            if let signal = groups.numbers[fingerprint], let piece = pieceOf[signal] { weights[piece, default: 0] += 1_000 }
        }
        return weights.min { ($1.value, $0.key) < ($0.value, $1.key) }?.key
    }
}

extension SignalGroups {
    /// The piece that holds most of a case's present signals that nobody pinned elsewhere.
    func home(of key: String, pieceOf: [Int: Int]) -> Int? {
        var counts: [Int: Int] = [:]
        for (fingerprint, current) in decisions.current where current == key {
            if decisions.pinned[fingerprint] != nil || decisions.isExpelled(fingerprint, from: key) { continue }
            if let signal = numbers[fingerprint], let piece = pieceOf[signal] { counts[piece, default: 0] += 1 }
        }
        return counts.min { ($1.value, $0.key) < ($0.value, $1.key) }?.key
    }
}
