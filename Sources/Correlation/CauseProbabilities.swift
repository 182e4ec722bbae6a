import Foundation
import Model

/// Scores of candidates that exclude each other → the probability of each: odds to the power of `sharpness`, over those of all
/// candidates and of `nobody`.
///
///     p = o(s) / (Σ o(s') + nobody),   o(s) = (s / (1 - s))^sharpness
///
/// The two numbers were fitted to made-up cases (`LabelledCases`, eleven kinds of fault, all candidates of each case, greatest
/// likelihood); labelled cases of real systems, fitted by themselves, give the same within a tenth. A multinomial logit on log-odds:
/// D. McFadden, Conditional logit analysis of qualitative choice behavior, 1974.
struct CauseProbabilities {
    static let sharpness = 2.5
    /// What speaks for none of them: as much as a lone candidate of score .14.
    static let nobody = 0.01
    static let most = 0.99

    private let total: Double

    /// `scores`: of each group of candidates that stand for one another (a service, what changed it, its code) the greatest.
    init(_ scores: some Sequence<Double>) { total = scores.reduce(Self.nobody) { $0 + Self.odds($1) } }

    /// 0 for a score of 0; greater for a greater score.
    func probability(_ score: Double) -> Double { Self.odds(score) / total }

    private static func odds(_ score: Double) -> Double {
        let bounded = min(most, Scores.bounded(score))
        return pow(bounded / (1 - bounded), sharpness)
    }
}
