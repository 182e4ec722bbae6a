import Formats
import Model
import Testing

@Suite struct ElasticsearchTests {
    private func answer(_ text: String) -> ElasticsearchReader.Answer {
        Array(text.utf8).withUnsafeBytes { ElasticsearchReader.answer($0, timeField: "@timestamp") }
    }
    private func hit(_ source: String) -> String {
        #"{"hits":{"hits":[{"_index":"i","_id":"1","_source":\#(source),"sort":[1767268800000]}]}}"#
    }

    @Test(arguments: [
        #"{"message":"m"}"#, #"{"msg":"m"}"#, #"{"body":{"text":"m"}}"#, #"{"body.text":"m"}"#, #"{"event":{"original":"m"}}"#,
        #"{"message":["m","n"]}"#, #"{"log":"m"}"#, #"{"log":{"level":"x"},"message":"m"}"#, #"{"message":" ","error":{"message":"m"}}"#,
    ])
    func `the message is found under any schema's name`(source: String) {
        let streams = ElasticsearchReader.streams(answer(hit(source)).documents)
        #expect(streams.flatMap(\.entries).map(\.text) == ["m"])
        #expect(streams.flatMap(\.entries).map(\.time) == [Instant(ms: 1_767_268_800_000)])
    }

    @Test func `what has no message is refused and still known to have come`() {
        let found = answer(hit(#"{"metric":{"value":7}}"#))
        #expect(found.documents.map(\.id) == ["i/1"] && found.refused.map(\.reason) == ["the document has no message"])
        #expect(ElasticsearchReader.streams(found.documents).isEmpty)
    }

    @Test(arguments: [
        "", "[]", "{}", #"{"hits":{"hits":{}}}"#,
        #"{"hits":{"hits":[1,{},{"_source":7},{"_source":{"@timestamp":"never","message":"m"}}]}}"#,
        #"{"hits":{"hits":[{"_source":{"@timestamp":1e300,"message":"m"},"sort":[[1]]}]}}"#,
    ])
    func `hostile answers hold no records`(text: String) {
        #expect(ElasticsearchReader.streams(answer(text).documents).isEmpty)
    }
}
