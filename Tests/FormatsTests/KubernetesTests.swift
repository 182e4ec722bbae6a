import Formats
import Model
import Testing

@Suite struct KubernetesTests {
    private func read(_ text: String) -> Reading {
        let document = DocumentOrigin(origin: "test", path: "events", fallbackTime: Instant(ms: 1_767_268_800_000))
        return Array(text.utf8).withUnsafeBytes { KubernetesReader.read($0, from: document) }
    }
    private func event(_ members: String) -> String {
        #"{"kind":"Event","metadata":{"uid":"u1","namespace":"shop","name":"e"},"involvedObject":{"kind":"Pod","name":"cart-5b67c48447-fj8b7","namespace":"shop"},"reason":"BackOff","type":"Warning",\#(members)}"#
    }

    @Test func `a warning lasts from its first to its last occurrence and counts them`() throws {
        let found = try #require(
            read(event(#""firstTimestamp":"2026-01-01T11:50:00Z","lastTimestamp":"2026-01-01T11:58:30Z","count":14,"message":"m""#)).events
                .first)
        #expect(found.type == .kubernetesWarning && found.role == .signal && found.severity == .high)
        #expect(found.occurredAt == Instant(rfc3339: "2026-01-01T11:50:00Z"))
        #expect(found.endedAt == Instant(rfc3339: "2026-01-01T11:58:30Z"))
        #expect(found.attributes[EventAttribute.count] == 14)
        #expect(found.service == "cart")
    }

    @Test func `the newer kind of event says the same`() throws {
        let found = try #require(
            read(
                #"{"apiVersion":"events.k8s.io/v1","kind":"Event","metadata":{"uid":"u1"},"regarding":{"kind":"StatefulSet","name":"kafka","namespace":"shop"},"reason":"FailedCreate","type":"Warning","note":"create Pod kafka-0 failed","eventTime":"2026-01-01T11:50:00.123456Z","series":{"count":3,"lastObservedTime":"2026-01-01T11:51:00.000000Z"},"deprecatedFirstTimestamp":null}"#
            ).events.first)
        #expect(found.service == "kafka" && found.body == "create Pod kafka-0 failed")
        #expect(found.attributes[EventAttribute.count] == 3)
        #expect(found.endedAt == Instant(rfc3339: "2026-01-01T11:51:00Z"))
    }

    @Test func `an event that counts on stays one fact`() {
        let earlier = read(event(#""firstTimestamp":"2026-01-01T11:50:00Z","lastTimestamp":"2026-01-01T11:51:00Z","count":2"#)).events
        let later = read(event(#""firstTimestamp":"2026-01-01T11:50:00Z","lastTimestamp":"2026-01-01T11:58:00Z","count":9"#)).events
        #expect(earlier.map(\.fingerprint) == later.map(\.fingerprint))
    }

    @Test(arguments: [
        ("Scaled up replica set cart-5b67c48447 from 0 to 1", "deployment"),
        ("Scaled up replica set cart-5b67c48447 to 1 from 0", "deployment"),
        ("Scaled up replica set cart-5b67c48447 to 5 from 3", "k8s_event"), ("Scaled down replica set cart-77f to 0 from 1", "k8s_event"),
    ])
    func `a deployment that brings up a new replica set is a change`(message: String, type: String) throws {
        let found = try #require(
            read(
                #"{"kind":"Event","metadata":{"uid":"u"},"involvedObject":{"kind":"Deployment","name":"cart"},"reason":"ScalingReplicaSet","type":"Normal","message":"\#(message)","firstTimestamp":"2026-01-01T11:45:00Z"}"#
            ).events.first)
        #expect(found.type.rawValue == type)
        #expect(found.role == (type == "deployment" ? .change : .context))
        #expect(found.service == "cart")
    }

    @Test(arguments: [
        ("Pod", "orders-x7k2p", "orders"), ("ReplicaSet", "cart-5b67c48447", "cart"), ("Job", "backup-28391230", "backup"),
        ("Job", "migrate-v2", "migrate-v2"), ("Deployment", "cart", "cart"), ("Node", "node-3", nil),
        ("PersistentVolumeClaim", "data-0", nil),
    ])
    func `the object's name says the service as its controller makes names`(kind: String, name: String, service: String?) {
        let found = read(
            #"{"kind":"Event","metadata":{"uid":"u"},"involvedObject":{"kind":"\#(kind)","name":"\#(name)"},"reason":"R","type":"Warning","firstTimestamp":"2026-01-01T11:45:00Z"}"#
        ).events
        #expect(found.map(\.service) == [service])
    }

    @Test func `a container that was killed is a warning at its end`() throws {
        let found = try #require(
            read(
                #"{"kind":"PodList","items":[{"metadata":{"name":"cart-0","namespace":"shop","uid":"p"},"status":{"containerStatuses":[{"name":"main","restartCount":2,"state":{"running":{}},"lastState":{"terminated":{"exitCode":137,"reason":"OOMKilled","finishedAt":"2026-01-01T11:58:20Z"}}},{"name":"ok","state":{"terminated":{"exitCode":0,"finishedAt":"2026-01-01T11:58:20Z"}}}]}}]}"#
            ).events.first)
        #expect(found.title == "OOMKilled: container main of Pod cart-0 ended with exit code 137")
        #expect(found.service == "cart" && found.severity == .high && found.occurredAt == Instant(rfc3339: "2026-01-01T11:58:20Z"))
    }

    @Test(arguments: [
        "", "[]", "7", "{}", #"{"kind":"Event"}"#, #"{"kind":"Event","involvedObject":[],"reason":{}}"#, #"{"kind":7,"items":{}}"#,
        #"{"kind":"Event","involvedObject":{"kind":"Pod"},"reason":"R","firstTimestamp":"soon","count":1e400}"#,
        #"{"items":[7,null,[{"kind":"Event"}],{"kind":"Pod","status":{"containerStatuses":7}}]}"#,
    ])
    func `what is no event is refused or says nothing`(text: String) {
        #expect(read(text).events.isEmpty)
    }

    @Test func `of a log only the whole lines behind those that were read are new`() {
        let log = Array(
            "2026-01-01T12:00:00.5Z a\n2026-01-01T12:00:00.500000000Z b\n2026-01-01T12:00:01Z c\n2026-01-01T12:00:02Z half".utf8)
        let half = Int64(1_767_268_800_500_000_000)
        let news = KubernetesReader.news(in: log, after: half, times: 1)
        #expect(news.map { String(decoding: log[$0.lines], as: UTF8.self) } == "2026-01-01T12:00:00.500000000Z b\n2026-01-01T12:00:01Z c\n")
        #expect(news?.last == half + 500_000_000 && news?.times == 1)
        #expect(KubernetesReader.news(in: log, after: half + 500_000_000, times: 1) == nil)
        #expect(KubernetesReader.logFault(Array("<html>".utf8)) != nil && KubernetesReader.logFault([]) == nil)
    }
}
