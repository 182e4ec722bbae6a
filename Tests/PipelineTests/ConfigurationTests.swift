import Model
import Pipeline
import Testing

@Suite struct ConfigurationTests {
    private func problems(_ text: String) -> [String] {
        do {
            return try ConfigurationReader.read(text: text, file: "caseboard.yaml").warnings.map(\.description)
        } catch {
            guard case .configuration(let diagnostics) = error else { return ["\(error)"] }
            return diagnostics.map(\.description)
        }
    }

    @Test func `an empty file configures nothing and is no error`() throws {
        let configuration = try ConfigurationReader.read(text: "", file: "caseboard.yaml")
        #expect(configuration.sources.isEmpty && configuration.deliveries.isEmpty)
    }

    @Test(arguments: [
        ("sorces: []", "caseboard.yaml:1:1: the configuration has no setting `sorces`; did you mean `sources`?"),
        ("sources: 3", "caseboard.yaml:1:10: `sources` must be a list; begin each entry with `- `"),
        ("sources:\n  - name: a\n", "caseboard.yaml:2:5: this source has no `kind`; `caseboard help sources` lists the kinds"),
        ("rules:\n  quiet_period: soon\n", "caseboard.yaml:2:17: `quiet_period` must be a duration; write 90m, 2h or 7d"),
        ("rules:\n  link_threshold: 7\n", "caseboard.yaml:2:19: `link_threshold` must be a number from 0.05 to 0.95; the default is 0.5"),
        (
            "site: {base_url: ftp://x}",
            "caseboard.yaml:1:18: `base_url` must begin with https:// or http://; write the address under which `public/` is served"
        ),
        ("delivery:\n  - kind: folder\n", "caseboard.yaml:2:5: nobody would get this digest; name them under `to:`"),
    ])
    func `a mistake is named with its place and its remedy`(text: String, sentence: String) {
        #expect(problems(text).contains(sentence), "\(problems(text))")
    }

    @Test func `every mistake is found in one pass`() {
        #expect(problems("sorces: []\nrules: {quiet_period: soon}\nredaction: {emails: maybe}\n").count == 3)
    }

    @Test(arguments: ["a: [", "\t- x", "sources: [a, {b: c}", "? ? ?", "&a *b", "a: &x [*x]"])
    func `text that is not YAML is an error with a line and never a crash`(text: String) {
        #expect(!problems(text).isEmpty)
    }

    @Test func `two sources may not share a name`() {
        let text = "sources:\n  - {name: a, kind: git, path: x}\n  - {name: a, kind: logs, paths: y}\n"
        #expect(problems(text).contains { $0.contains("two sources are named `a`") })
    }

    @Test func `scalars are taken as written`() throws {
        let configuration = try ConfigurationReader.read(
            text: "title: no\nservices: [on, 0123, 12:30:45]\n", file: "caseboard.yaml")
        #expect(configuration.title == "no")
        #expect(configuration.services.map(\.name) == ["on", "0123", "12:30:45"])
    }
}
