import Model

/// Whether scores mean probability: of the answers scored about .7, seven in ten should be right.
///
/// - ECE, the expected calibration error: the mean distance of share and score over ten bins of equal width, weighted by how many
///   answers a bin holds. Naeini et al., "Obtaining Well Calibrated Probabilities Using Bayesian Binning", AAAI 2015.
/// - Brier score: the mean squared distance of score and outcome. Brier, "Verification of Forecasts Expressed in Terms of Probability",
///   Monthly Weather Review 1950.
package struct Calibration: Sendable {
    package struct Answer: Hashable, Sendable {
        package var score: Double
        package var isRight: Bool
        package init(score: Double, isRight: Bool) {
            self.score = score
            self.isRight = isRight
        }
    }
    package struct Bin: Hashable, Sendable {
        package var from: Double
        package var to: Double
        package var count: Int
        /// Of the scores.
        package var mean: Double
        /// Of the right answers.
        package var share: Double
    }
    package let answers: [Answer]
    package let bins: [Bin]

    package init(_ answers: [Answer], binCount: Int = 10) {
        self.answers = answers
        bins = (0..<binCount).compactMap { number in
            let from = Double(number) / Double(binCount)
            let to = Double(number + 1) / Double(binCount)
            let own = answers.filter { min(binCount - 1, Int((min(1, max(0, $0.score)) * Double(binCount)).rounded(.down))) == number }
            if own.isEmpty { return nil }
            let count = Double(own.count)
            return Bin(
                from: from, to: to, count: own.count, mean: own.reduce(0) { $0 + $1.score } / count,
                share: Double(own.reduce(0) { $0 + ($1.isRight ? 1 : 0) }) / count)
        }
    }

    package var error: Double {
        answers.isEmpty ? 0 : bins.reduce(0) { $0 + abs($1.share - $1.mean) * Double($1.count) } / Double(answers.count)
    }
    package var brier: Double {
        answers.isEmpty
            ? 0 : answers.reduce(0) { $0 + ($1.score - ($1.isRight ? 1 : 0)) * ($1.score - ($1.isRight ? 1 : 0)) } / Double(answers.count)
    }
}
