import Accuracy
import Foundation

/// The reliability diagram: for each bin of scores the share that was right, beside the diagonal where scores mean probability.
enum CalibrationPicture {
    private static let side = 240.0
    private static let margin = 44.0
    private static let colours = ["#2563a8", "#b3541e", "#3f7d4e", "#7a4b9d"]

    static func svg(_ answers: [String: [Calibration.Answer]]) -> String {
        let width = margin + side + 150
        let height = margin + side + 36
        func x(_ value: Double) -> String { twoDigits(margin + value * side) }
        func y(_ value: Double) -> String { twoDigits(12 + (1 - value) * side) }
        var out = """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(width)) \(Int(height))" width="\(Int(width))" height="\(Int(height))" \
            role="img" font-family="system-ui, sans-serif" font-size="11">
            <title>Share of right first answers by score</title>
            <rect width="100%" height="100%" fill="#ffffff"/>

            """
        for tick in [0.0, 0.25, 0.5, 0.75, 1] {
            out += "<path d=\"M\(x(tick)) \(y(0))V\(y(1))M\(x(0)) \(y(tick))H\(x(1))\" stroke=\"#e3e3e3\" fill=\"none\"/>\n"
            out +=
                "<text x=\"\(x(tick))\" y=\"\(twoDigits(12 + side + 15))\" text-anchor=\"middle\" fill=\"#555555\">\(twoDigits(tick))</text>\n"
            out +=
                "<text x=\"\(twoDigits(margin - 6))\" y=\"\(twoDigits(16 + (1 - tick) * side))\" text-anchor=\"end\" fill=\"#555555\">\(twoDigits(tick))</text>\n"
        }
        out += "<path d=\"M\(x(0)) \(y(0))L\(x(1)) \(y(1))\" stroke=\"#999999\" stroke-dasharray=\"4 4\" fill=\"none\"/>\n"
        out += "<text x=\"\(x(0.5))\" y=\"\(twoDigits(12 + side + 31))\" text-anchor=\"middle\" fill=\"#333333\">score</text>\n"
        out +=
            "<text transform=\"translate(12 \(y(0.5))) rotate(-90)\" text-anchor=\"middle\" fill=\"#333333\">share that was right</text>\n"
        for (index, kind) in answers.keys.sorted().enumerated() {
            let colour = colours[index % colours.count]
            let bins = Calibration(answers[kind] ?? []).bins
            let line = bins.enumerated().map { "\($0 == 0 ? "M" : "L")\(x($1.mean)) \(y($1.share))" }.joined()
            out += "<path d=\"\(line)\" stroke=\"\(colour)\" fill=\"none\" stroke-width=\"1.5\"/>\n"
            for bin in bins {
                let radius = twoDigits(2 + Double(bin.count).squareRoot() / 2)
                out += "<circle cx=\"\(x(bin.mean))\" cy=\"\(y(bin.share))\" r=\"\(radius)\" fill=\"\(colour)\" fill-opacity=\"0.75\"/>\n"
            }
            let top = 24 + Double(index) * 18
            out += "<circle cx=\"\(twoDigits(margin + side + 16))\" cy=\"\(twoDigits(top - 4))\" r=\"4\" fill=\"\(colour)\"/>\n"
            out +=
                "<text x=\"\(twoDigits(margin + side + 26))\" y=\"\(twoDigits(top))\" fill=\"#333333\">\(kind), \(answers[kind]?.count ?? 0)</text>\n"
        }
        return out + "</svg>\n"
    }
}
