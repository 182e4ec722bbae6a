import LabelledCases
import Model
import Testing

@Suite struct CaseMakerTests {
    @Test(arguments: FaultFamily.allCases) func `the same seed makes the same bytes, another seed others`(family: FaultFamily) {
        let first = CaseMaker.make(family, seed: 7)
        let again = CaseMaker.make(family, seed: 7)
        #expect(first.files.map(\.path) == again.files.map(\.path))
        #expect(first.files.map(\.text) == again.files.map(\.text))
        #expect(CaseMaker.make(family, seed: 8).files.map(\.text) != first.files.map(\.text))
    }

    @Test(arguments: FaultFamily.allCases) func `the truth names a service of the map`(family: FaultFamily) throws {
        let made = CaseMaker.make(family, seed: 3)
        let truth = try #require(made.files.first { $0.path == "truth.json" }?.text)
        #expect(truth == "{\"service\": \"\(made.service)\", \"kind\": \"\(family.rawValue)\"}\n")
        let map = try #require(made.files.first { $0.path == "bundle/topology.csv" }?.text)
        #expect(map.contains(",\(made.service)\n") || map.contains("\n\(made.service),"))
    }

    @Test func `evidence that a family lacks is not there`() {
        func paths(_ family: FaultFamily) -> Set<String> { Set(CaseMaker.make(family, seed: 5).files.map(\.path)) }
        #expect(!paths(.noSpans).contains("bundle/traces/traces.jsonl"))
        #expect(!paths(.noSpans).contains("bundle/logs/app.jsonl"))
        #expect(!paths(.noLogs).contains("bundle/logs/app.jsonl"))
        #expect(paths(.noLogs).contains("bundle/traces/traces.jsonl"))
        let outage = CaseMaker.make(.dependencyOutage, seed: 5)
        let silent = outage.files.filter { $0.path.hasPrefix("bundle/") && $0.path != "bundle/topology.csv" }
            .allSatisfy { !$0.text.contains("\"\(outage.service)\"") && !$0.text.contains(",\(outage.service),") }
        #expect(silent)
    }

    @Test(arguments: [FaultFamily.exception, .earlyReturn, .swallowedException]) func `a fault in code costs messages of its service`(
        family: FaultFamily
    ) throws {
        let made = CaseMaker.make(family, seed: 11)
        func share(_ folder: String) throws -> Double {
            let log = try #require(made.files.first { $0.path == "\(folder)/logs/app.jsonl" }?.text)
            let own = log.split(separator: "\n").filter { $0.contains("\"service\":\"\(made.service)\"") }
            let begun = own.count { $0.contains(" received ") }
            return Double(own.count { $0.contains(" done ") }) / Double(max(1, begun))
        }
        let quiet = try share("quiet")
        let incident = try share("bundle")
        #expect(quiet > 0.95)
        #expect(incident < quiet - 0.1)
    }

    @Test func `a saturated pool is full from the fault on`() throws {
        let made = CaseMaker.make(.saturation, seed: 2)
        func full(_ folder: String) throws -> Int {
            let metrics = try #require(made.files.first { $0.path == "\(folder)/metrics/metrics.csv" }?.text)
            return metrics.split(separator: "\n").count { line in
                let cells = line.split(separator: ",")
                return cells[1] == made.service && cells[3] == "pool_in_use_percent" && (Double(cells[4]) ?? 0) > 90
            }
        }
        #expect(try full("quiet") == 0)
        #expect(try full("bundle") >= 2)
    }
}
