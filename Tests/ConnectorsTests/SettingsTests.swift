import Model
import TestKit
import Testing

@testable import Connectors

private func problems(_ kind: String, _ values: [String: JSONValue]) throws -> [SettingProblem] {
    switch try ConnectorCatalog.kind(kind).descriptor.settings(name: "s", values: values, workspace: "/w") {
    case .success: []
    case .failure(let problems): problems.all
    }
}

@Suite struct SettingsTests {
    @Test func `an unknown kind names the nearest`() {
        #expect(throws: ConnectorError.unknownKind(kind: "metrcs", nearest: "metrics")) { _ = try ConnectorCatalog.kind("metrcs") }
        #expect(
            "\(ConnectorError.unknownKind(kind: "metrcs", nearest: "metrics"))"
                == "no source kind is named `metrcs`; did you mean `metrics`?")
    }

    @Test func `a kind like no other lists them all`() {
        let words = "\(ConnectorError.unknownKind(kind: "xyzzy", nearest: nil))"
        for type in ConnectorCatalog.all { #expect(words.contains("`\(type.descriptor.kind)`")) }
    }

    @Test func `an unknown setting names the nearest`() throws {
        #expect(
            try problems("logs", ["path": "x", "servce": "y"]) == [
                SettingProblem(setting: "servce", message: "`logs` has no setting `servce`", remedy: "did you mean `service`?")
            ])
    }

    @Test func `a missing setting is asked for with a sample`() throws {
        let problem = try #require(try problems("git", [:]).first)
        #expect(problem.setting.isEmpty)
        #expect(problem.message.hasPrefix("`git` needs the setting `path`: "))
        #expect(problem.remedy.contains("kind: git"))
    }

    @Test func `all problems come at once, sorted`() throws {
        #expect(
            try problems("logs", ["zzz": "1", "format": "jsn", "timezone": "Paris"]).map(\.setting) == ["format", "timezone", "zzz", ""])
    }

    @Test(
        arguments: [
            ("format", "jsn", "did you mean `json`?"), ("timezone", "+25:00", ""), ("timezone", "2h", ""), ("service", "", ""),
            ("path", [], ""),
            ("path", ["a", ["b"]], ""), ("path", ["a": "b"], ""), ("service", ["a"], ""),
        ] as [(String, JSONValue, String)])
    func `a value of the wrong kind is a problem of its setting`(setting: String, value: JSONValue, remedy: String) throws {
        var values: [String: JSONValue] = ["path": "x"]
        values[setting] = value
        let problem = try #require(try problems("logs", values).first)
        #expect(problem.setting == setting)
        #expect(problem.message.hasPrefix("`\(setting)` must be "))
        #expect(problem.remedy == remedy)
    }

    @Test(arguments: [("UTC", 0), ("+02:00", 120), ("-0330", -210)])
    func `a time zone is minutes`(text: String, minutes: Int64) throws {
        let settings = try ConnectorCatalog.kind("logs").descriptor.settings(
            name: "s", values: ["path": "x", "timezone": .string(text)], workspace: "/w"
        ).get()
        #expect(settings.number("timezone") == minutes)
    }

    @Test func `scalars are read as written or as YAML made them`() {
        let descriptor = ConnectorDescriptor(
            kind: "k", summary: "",
            settings: [
                SettingDescriptor("flag", .flag, ""), SettingDescriptor("count", .integer(1...9), ""),
                SettingDescriptor("wait", .duration, ""), SettingDescriptor("day", .moment, ""),
            ],
            sample: "")
        for (flag, count) in [(JSONValue.bool(true), JSONValue.int(7)), ("yes", "7")] {
            let settings = try? descriptor.settings(
                name: "s", values: ["flag": flag, "count": count, "wait": "15 min", "day": "2026-01-02"], workspace: "/"
            ).get()
            #expect(settings?.flag("flag") == true && settings?.number("count") == 7 && settings?.number("wait") == 900_000)
            #expect(settings?.number("day") == Instant(rfc3339: "2026-01-02T00:00:00Z")?.ms)
        }
    }

    @Test func `a bad pattern is refused when the connector is made`() throws {
        let settings = try ConnectorCatalog.kind("logs").descriptor.settings(
            name: "s", values: ["path": "x", "pattern": "(?<time>"], workspace: "/w"
        ).get()
        #expect(throws: ConnectorError.self) { _ = try LogsConnector(settings: settings) }
    }

    @Test func `paths inside of the workspace are shown relative to it`() throws {
        let settings = SourceSettings(name: "s", kind: "logs", workspace: "/w/", values: [:])
        #expect(settings.absolute("a/b") == "/w/a/b")
        #expect(settings.shown("/w/a/b") == "a/b")
        #expect(settings.shown("/wide/b") == "/wide/b")
    }

    @Test func `kinds and settings are unique, documented and in their samples`() {
        let descriptors = ConnectorCatalog.all.map { $0.descriptor }
        #expect(Set(descriptors.map(\.kind)).count == descriptors.count)
        for descriptor in descriptors {
            #expect(Set(descriptor.settings.map(\.name)).count == descriptor.settings.count)
            #expect(descriptor.sample.hasPrefix("kind: \(descriptor.kind)\n"))
            #expect(!descriptor.summary.isEmpty && descriptor.settings.allSatisfy { !$0.summary.isEmpty })
            for setting in descriptor.settings where setting.isRequired { #expect(descriptor.sample.contains("\n\(setting.name):")) }
        }
    }

    @Test(arguments: ["git", "changes", "logs", "metrics", "traces", "junit", "alerts", "feed", "reports", "topology", "events"])
    func `every kind of this list exists`(kind: String) throws {
        #expect(try ConnectorCatalog.kind(kind).descriptor.kind == kind)
    }
}
