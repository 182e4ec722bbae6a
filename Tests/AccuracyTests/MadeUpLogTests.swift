import Accuracy
import Model
import Signals
import Testing

/// A log made from statements whose templates are known: no score may fall unnoticed.
@Suite struct MadeUpLogTests {
    /// A statement with `{kind}` where a value goes, and how often it is written.
    static let statements: [(String, Int)] = [
        ("order {number} of {name} was placed from {address}", 9), ("payment of {decimal} was refused by {host}", 5),
        ("session {hex} of {name} ended after {number} ms", 7), ("cannot reach {host}:{number}: connection refused", 4),
        ("worker {worker} took job {uuid}", 6), ("cache is cold", 3), ("cache is warm", 3), ("reading {path}", 5),
        ("retry {number} of {number} for {name}", 5), ("page {path} rendered in {decimal} s, {number} bytes", 6),
        ("user={name} logged in from {address}", 6), ("queue depth is {number}", 8), ("leader of {shard} is {host}", 4),
        ("clock moved by {decimal} s at {clock}", 2),
    ]
    static let names = ["alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy"]

    static func value(_ kind: String, _ chance: inout SplitMix64) -> (text: String, shape: String) {
        switch kind {
        case "number": ("\(chance.below(90_000))", "<*>")
        case "decimal": ("\(chance.below(900)).\(1 + chance.below(8))", "<*>.<*>")
        case "name": (chance.pick(names), "<*>")
        case "address": ("10.\(chance.below(200)).\(chance.below(200)).\(1 + chance.below(200))", "<*>")
        case "host": ("\(chance.pick(names)).example.com", "<*>")
        case "hex": (chance.hex(12), "<*>")
        case "worker": ("pool-\(1 + chance.below(40))", "pool-<*>")
        case "shard": ("shard_\(chance.below(60))", "shard_<*>")
        case "uuid": ("\(chance.hex(8))-\(chance.hex(4))-\(chance.hex(4))-\(chance.hex(4))-\(chance.hex(12))", "<*>")
        case "path": ("/srv/\(chance.pick(names))/\(chance.pick(names)).html", "<*>")
        default: ("\(10 + chance.below(13)):\(10 + chance.below(49)):\(10 + chance.below(49))", "<*>:<*>:<*>")
        }
    }

    static func line(_ statement: String, _ chance: inout SplitMix64) -> (text: String, template: String) {
        var text = ""
        var template = ""
        for (index, piece) in statement.split(separator: "{", omittingEmptySubsequences: false).enumerated() {
            guard index > 0, let end = piece.firstIndex(of: "}") else {
                text += piece
                template += piece
                continue
            }
            let value = value(String(piece[..<end]), &chance)
            let rest = piece[piece.index(after: end)...]
            text += value.text + rest
            template += value.shape + rest
        }
        return (text, template)
    }

    static func score(seed: UInt64, lines: Int) -> TemplateAccuracy {
        var chance = SplitMix64(seed: seed)
        let deck = statements.indices.flatMap { Array(repeating: $0, count: statements[$0].1) }
        var miner = LogTemplateMiner(redact: { RedactedText(text: $0) })
        var truth: [TemplateAccuracy.Line] = []
        var leaves: [Int32] = []
        for _ in 0..<lines {
            let statement = chance.pick(deck)
            let line = line(statements[statement].0, &chance)
            truth.append(.init(id: "\(statement)", text: line.template))
            leaves.append(Array(line.text.utf8).withUnsafeBufferPointer { miner.leaf(of: $0, 0, $0.count) })
        }
        var byLeaf: [Int32: LogTemplateMiner.Template] = [:]
        for template in miner.templates() { for leaf in template.leaves { byLeaf[leaf] = template } }
        return TemplateAccuracy(
            truth: truth, predicted: leaves.map { leaf in byLeaf[leaf].map { .init(id: "\($0.id)", text: $0.text) } })
    }

    @Test(arguments: UInt64(1)...5) func `statements are told apart and their parameters found`(seed: UInt64) {
        let score = Self.score(seed: seed, lines: 2_000)
        #expect(score.grouping >= 0.95 && score.groupF1 >= 0.9, "\(score)")
        #expect(score.parsing >= 0.9 && score.textF1 >= 0.85, "\(score)")
    }

    @Test func `the generator gives the same log for the same seed`() {
        var first = SplitMix64(seed: 5)
        var second = SplitMix64(seed: 5)
        let statement = Self.statements[4].0
        #expect(Self.line(statement, &first) == Self.line(statement, &second))
        #expect(Self.line("cache is cold", &first) == ("cache is cold", "cache is cold"))
    }
}
