import Formats
import Model
import Testing

@Suite struct TempoTests {
    @Test(arguments: [
        "", "[]", "7", #"{"trace":7}"#, #"{"batches":{}}"#, #"{"trace":{"resourceSpans":[7,{"scopeSpans":[{"spans":[{}]}]}]}}"#,
    ])
    func `hostile answers hold no spans`(text: String) {
        let document = DocumentOrigin(origin: "test", path: "trace", fallbackTime: Instant(ms: 0))
        #expect(Array(text.utf8).withUnsafeBytes { TempoReader.read($0, from: document) }.spans.isEmpty)
    }
}
