import Model
import TestKit
import Testing

@testable import Rendering

@Suite struct APIDocumentsTests {
    @Test func `the document of a case is as agreed`() throws {
        try Golden.expect(APIDocuments.investigation(CaseFixture.outage).prettyText + "\n", matches: "case.json", in: "RenderingTests")
    }
    @Test func `the answer to a bundle is as agreed`() throws {
        try Golden.expect(
            APIDocuments.investigationAnswer(CaseFixture.outage).prettyText + "\n", matches: "answer.json", in: "RenderingTests")
    }

    @Test func `the answer has every member of its contract, also when nothing is known`() {
        for file in [CaseFixture.outage, CaseFixture.bare] {
            let answer = APIDocuments.investigationAnswer(file)
            #expect(answer["schema"]?.stringValue == "caseboard.investigation/1")
            for member in ["title", "started_at", "severity"] { #expect(answer[member]?.stringValue != nil, "\(member)") }
            for member in ["causes", "suspect_changes", "impact", "evidence"] { #expect(answer[member]?.arrayValue != nil, "\(member)") }
            #expect(answer["first_failure"]?.objectValue != nil)
        }
    }

    @Test func `causes hold one entry for each place and are ranked from 1`() throws {
        var file = CaseFixture.outage
        func cause(_ rank: Int, _ metric: String?, _ score: Double) -> Hypothesis {
            Hypothesis(rank: rank, kind: .service, service: "a", metric: metric, name: "a", score: score, terms: [], summary: "")
        }
        file.investigation.hypotheses = [cause(3, nil, 0.2), cause(1, "cpu", 0.9), cause(2, "cpu", 0.8)]
        let causes = try #require(APIDocuments.investigationAnswer(file)["causes"]?.arrayValue)
        #expect(causes.map { $0["rank"]?.intValue } == [1, 2])
        #expect(causes.map { $0["score"]?.doubleValue } == [0.9, 0.2])
    }

    @Test func `every name is in snake case`() {
        func check(_ value: JSONValue, _ path: String) {
            switch value {
            case .object(let members):
                for (name, inner) in members {
                    let isSnake = name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 95 }
                    if !isSnake { Issue.record("\(path).\(name)") }
                    check(inner, "\(path).\(name)")
                }
            case .array(let items): for item in items { check(item, path) }
            default: break
            }
        }
        check(APIDocuments.investigation(CaseFixture.outage), "case")
        check(APIDocuments.investigationAnswer(CaseFixture.outage), "answer")
    }

    @Test(arguments: CaseFixture.hostileTexts) func `text comes back as it was`(_ text: String) throws {
        let document = APIDocuments.investigation(CaseFixture.hostile(text))
        let written = document.text
        #expect(JSONValue(ownText: written)?.text == written)
        #expect(document["title"]?.stringValue == text)
    }

    @Test func `no field of an investigation is forgotten`() {
        var it = CaseFixture.hostile("x").investigation
        (it.mergedInto, it.components, it.tags) = (3, ["c"], ["t"])
        var file = CaseFixture.outage
        file.investigation = it
        let members = APIDocuments.investigation(file).objectValue ?? [:]
        let renamed = ["hypotheses": "causes", "suspects": "suspect_changes", "isDeleted": "deleted"]
        for child in Mirror(reflecting: it).children {
            guard let label = child.label else { continue }
            let snake = renamed[label] ?? label.reduce(into: "") { $0 += $1.isUppercase ? "_" + $1.lowercased() : String($1) }
            #expect(members[snake] != nil, "\(label)")
        }
    }
}
