import Model

/// How well signals were put into investigations, against the incident each truly belongs to. What belongs to none (noise) is a
/// group of its own, one a signal.
///
/// - Pairwise precision: of the pairs put together, the share that belongs together; a wrong merge lowers it. Pairwise recall: of the
///   pairs that belong together, the share put together; a split lowers it. Rand, "Objective Criteria for the Evaluation of Clustering
///   Methods", JASA 1971; Manning et al., "Introduction to Information Retrieval", 16.3.
/// - B-cubed: precision and recall of each signal's own group, averaged over signals; F1 of the two. Bagga and Baldwin, "Algorithms for
///   Scoring Coreference Chains", LREC 1998.
/// - Cost: a wrong pair costs `mergeCost` times a missing one, over the pairs that belong together: merging two incidents hides one of
///   them, splitting one shows it twice.
package struct ClusterAccuracy: Hashable, Sendable {
    package private(set) var pairPrecision = 1.0
    package private(set) var pairRecall = 1.0
    package private(set) var bCubedPrecision = 1.0
    package private(set) var bCubedRecall = 1.0
    package private(set) var cost = 0.0
    package static let mergeCost = 3.0

    package var bCubedF1: Double {
        bCubedPrecision + bCubedRecall > 0 ? 2 * bCubedPrecision * bCubedRecall / (bCubedPrecision + bCubedRecall) : 0
    }

    /// The true and the predicted group of each signal; nil is a group of its own.
    package init(truth: [String?], predicted: [String?]) {
        let count = min(truth.count, predicted.count)
        guard count > 0 else { return }
        func named(_ groups: [String?]) -> [String] { groups.prefix(count).enumerated().map { $1.map { "g\($0)" } ?? "s\($0)" } }
        let own = named(truth)
        let put = named(predicted)
        func sizes(_ groups: [String]) -> [String: Int] { groups.reduce(into: [:]) { $0[$1, default: 0] += 1 } }
        let trueSizes = sizes(own)
        let putSizes = sizes(put)
        var both: [[String]: Int] = [:]
        for index in 0..<count { both[[own[index], put[index]], default: 0] += 1 }
        func pairs(_ counts: some Sequence<Int>) -> Double { counts.reduce(0) { $0 + Double($1) * Double($1 - 1) / 2 } }
        let right = pairs(both.values)
        let made = pairs(putSizes.values)
        let wanted = pairs(trueSizes.values)
        if made > 0 { pairPrecision = right / made }
        if wanted > 0 { pairRecall = right / wanted }
        if wanted > 0 { cost = (Self.mergeCost * (made - right) + (wanted - right)) / wanted }
        bCubedPrecision = 0
        bCubedRecall = 0
        for (cell, shared) in both.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            let weight = Double(shared) * Double(shared) / Double(count)
            bCubedPrecision += weight / Double(putSizes[cell[1]] ?? 1)
            bCubedRecall += weight / Double(trueSizes[cell[0]] ?? 1)
        }
    }
}
