import Foundation
import Model
import TestKit
import Testing

@testable import Connectors
@testable import Transport

@Suite struct KubernetesConnectorTests {
    private let workspace: Workspace
    init() throws { workspace = try Workspace(now: Workspace.noon) }
    private func connector(_ more: [String: JSONValue] = [:]) throws -> any Connector {
        try workspace.connector("kubernetes", ["url": "https://x.example"].merging(more) { $1 })
    }

    @Test func `the recorded cluster is read to its end, its logs go on where they ended`() async throws {
        let contract = try Contract("kubernetes")
        let settings: [String: JSONValue] = ["selector": "app in (cart, checkout)"]
        let first = try await workspace.collect(try connector(settings), network: contract.server.access())
        #expect(
            Set(first.reading.events.map(\.title)) == [
                "BackOff: Pod cart-5b67c48447-fj8b7, Back-off restarting failed container cart in pod cart-5b67c48447-fj8b7_shop(c1)",
                "FailedScheduling: Pod checkout-0, 0/5 nodes are available: 5 Insufficient memory.",
                "SystemOOM: Node node-3, System OOM encountered, victim process: java, pid: 4711",
                "cart brings up replica set cart-5b67c48447",
                "OOMKilled: container cart of Pod cart-5b67c48447-fj8b7 ended with exit code 137",
            ])
        #expect(first.messages == ["java.lang.OutOfMemoryError: Java heap space", "Terminating", "cart is up", "cart 7 opened"])
        #expect(first.reading.logs.map(\.defaultService) == ["cart", "cart"])

        workspace.now = Workspace.noon + 5 * .minuteMs
        let second = try await workspace.collect(try connector(settings), network: contract.server.access(now: workspace.now))
        #expect(second.messages == ["cart 8 opened", "cart 9 opened"])
        #expect(Set(second.reading.events.map(\.fingerprint)) == Set(first.reading.events.map(\.fingerprint)))

        workspace.cursors = [:]
        #expect(
            try await workspace.collect(try connector(["namespace": "quiet"]), network: contract.server.access()).reading.events.isEmpty)
        try workspace.write("stale\n", to: "token")
        for refused: [String: JSONValue] in [["namespace": "secret"], ["secret_file": "token"]] {
            workspace.cursors = [:]
            let error = await #expect(throws: ConnectorError.self) {
                try await workspace.collect(try connector(refused), network: contract.server.access())
            }
            #expect(error?.description.contains(refused["namespace"] == nil ? "check the credentials" : "`get` `pods/log`") == true)
        }
        #expect(contract.unexpected.isEmpty)
        #expect(contract.used.count == contract.exchanges.count)
    }

    @Test func `a log that is longer than one answer is read piece by piece, each line once`() async throws {
        let lines = (0..<500).map { "\((Workspace.noon - 60_000 + Int64($0 / 40) * 1_000).rfc3339) line \($0)\n" }
        let server = FakeServer { _, request in
            if request.url.contains("/events") { return .ok(#"{"kind":"EventList","items":[]}"#) }
            if request.url.contains("/log") {
                let since = (request.parameter("sinceTime") ?? "").removingPercentEncoding ?? ""
                let rest = lines.drop { $0.prefix(20) < since }.joined()
                return .ok(String(rest.prefix(Int(request.parameter("limitBytes") ?? "") ?? 0)))
            }
            return .ok(
                #"{"kind":"PodList","items":[{"metadata":{"name":"cart-0","namespace":"shop"},"spec":{"containers":[{"name":"a"}]},"status":{}}]}"#
            )
        }
        var connector = try #require(try connector(["selector": "app=cart"]) as? KubernetesConnector)
        connector.logBytes = 1_000  // less than one second holds
        let run = try await workspace.collect(connector, network: server.access())
        #expect(run.messages == (0..<500).map { "line \($0)" })
        #expect(run.deadLetters.isEmpty)
    }

    @Test func `files of kubectl are read without a server`() async throws {
        try workspace.write(
            #"{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web-1","namespace":"shop","labels":{"app":"front"}}},{"apiVersion":"v1","kind":"Event","metadata":{"uid":"u","name":"e"},"type":"Warning","reason":"Unhealthy","message":"Readiness probe failed","firstTimestamp":"2026-01-01T11:00:00Z","involvedObject":{"kind":"Pod","name":"web-1","namespace":"shop"}}]}"#,
            to: "cluster/events.json")
        let connector = try workspace.connector("kubernetes", ["path": "cluster/*.json"])
        #expect(!connector.isRemote)
        let run = try await workspace.collect(connector)
        #expect(run.reading.events.map(\.service) == ["front"])
        #expect(run.reading.events.map(\.type) == [.kubernetesWarning])
        #expect(try await workspace.collect(connector).reading.events.isEmpty)
    }

    @Test func `without an address it is the cluster that we run in`() async throws {
        let connector = try #require(try workspace.connector("kubernetes", [:]) as? KubernetesConnector)
        #expect(connector.http.url == "https://kubernetes.default.svc")
        let error = await #expect(throws: ConnectorError.self) {
            try await workspace.collect(connector, network: FakeServer("").access())
        }
        #expect(error?.description.contains("/var/run/secrets/kubernetes.io/serviceaccount/token") == true)
    }

    @Test func `a server that fails leaves the cursor where it was`() async throws {
        let server = FakeServer { _, _ in .status(503) }
        await #expect(throws: ConnectorError.self) { try await workspace.collect(try connector(), network: server.access()) }
        #expect(workspace.cursors.isEmpty)
    }

    @Test func `a check says what would come`() async throws {
        let contract = try Contract("kubernetes")
        let probe = await (try connector(["field_selector": "type!=Normal", "selector": "app in (cart, checkout)"])).probe(
            through: SourceAccess(now: Workspace.noon, network: contract.server.access()))
        #expect(probe.findings.prefix(2) == ["https://x.example answers", "1 event with type!=Normal"])
    }
}
