import Formats
import Model
import Testing

@Suite struct TraceReaderTests {
    private func read(_ text: String, service: String? = nil) -> Reading {
        StructuredSample.read(text, service: service) { bytes, document in
            TraceReader.read(bytes, from: document) { text in
                StackSummary(exception: "Parsed", message: "", frames: [StackFrame(file: "pay.js", line: 3, function: text)])
            }
        }
    }

    @Test func `an OTLP span comes out whole`() throws {
        let span = try #require(read(StructuredSample.otlp).spans.first)
        #expect(span.traceID == "5b8efff798038103d269b633813fc60c")
        #expect(span.spanID == "eee19b7ec3c1b174")
        #expect(span.parentID == "")
        #expect(span.service == "checkout")
        #expect(span.instance == "checkout-7d9-abc")
        #expect(span.operation == "POST /pay")
        #expect(span.kind == .server)
        #expect(span.start == Instant(ms: 1_763_820_252_123))
        #expect(span.durationUs == 100_500)
        #expect(span.isError)
        #expect(span.statusText == "HTTP 503: upstream timed out")
        #expect(span.exception == "shop.PayError")
        #expect(span.frames.map(\.line) == [3])
    }

    @Test func `a Zipkin span comes out whole`() throws {
        let span = try #require(read(StructuredSample.zipkin).spans.first)
        #expect(span.traceID == "00000000000000004d1e00c0db9010db")
        #expect(span.parentID == "6b221d5bc9e6496c")
        #expect(span.service == "frontend")
        #expect(span.instance == "10.0.0.5")
        #expect(span.kind == .client)
        #expect(span.start == Instant(ms: 1_763_820_252_123))
        #expect(span.durationUs == 2_500)
        #expect(span.isError)
        #expect(span.statusText == "HTTP 500: Internal")
    }

    private func zipkin(annotation: String) throws -> Span {
        let whole = StructuredSample.zipkin.replacing(
            "\"tags\":", with: "\"annotations\":[{\"timestamp\":1763820252123460,\"value\":\(JSONValue.string(annotation).text)}],\"tags\":"
        )
        return try #require(read(whole).spans.first)
    }

    @Test(arguments: [#""exception": {@}"#, #"{"exception": {@}}"#, "exception|{@}|0"])
    func `an exception that OpenTelemetry wrote into a Zipkin annotation is read`(form: String) throws {
        let attributes = #""exception.type":"shop.PayError","exception.message":"{no} card","exception.stacktrace":"at pay""#
        let span = try zipkin(annotation: form.replacing("@", with: attributes))
        #expect(span.exception == "shop.PayError")
        #expect(span.frames.map(\.function) == ["at pay"])
        #expect(span.statusText == "HTTP 500: Internal")
    }

    @Test(arguments: [
        "exception", "exceptional: {}", "}exception\"{", #"{"exception"}"#, #""exception":{"exception.type":"Pa"#,
        #"{"retry":{"exception.type":"E"}}"#,
    ])
    func `an annotation that is no exception leaves the span as it is`(annotation: String) throws {
        #expect(try zipkin(annotation: annotation) == read(StructuredSample.zipkin).spans.first)
    }

    @Test func `a Jaeger span comes out whole`() throws {
        let span = try #require(read(StructuredSample.jaeger).spans.first)
        #expect(span.traceID == "83a9efd15c1c98a977e0711cc93ee28b")
        #expect(span.parentID == "909541b92cf05311")
        #expect(span.service == "payments")
        #expect(span.instance == "pay-0")
        #expect(span.operation == "charge")
        #expect(span.kind == .server)
        #expect(span.durationUs == 123)
        #expect(span.isError)
        #expect(span.exception == "CardError")
        #expect(span.statusText == "declined")
    }

    @Test func `each line of a file may be a request of its own`() {
        let reading = read(StructuredSample.otlp + "\n{\"resourceSpans\":[\n" + StructuredSample.otlp + "\n")
        #expect(reading.spans.count == 2)
        #expect(reading.rejections.map(\.line) == [2])
    }

    @Test(arguments: ["bare", "list", "old name"])
    func `a bare resource, a list and the old name of scopes are read`(shape: String) {
        let bare = String(StructuredSample.otlp.dropFirst(#"{"resourceSpans":["#.count).dropLast(2))
        let text =
            shape == "bare"
            ? bare
            : shape == "list"
                ? "[\(StructuredSample.otlp)]" : StructuredSample.otlp.replacing("scopeSpans", with: "instrumentationLibrarySpans")
        #expect(read(text).spans.count == 1)
    }

    @Test(arguments: [
        (#""traceId":"5B8EFFF798038103D269B633813FC60C""#, #""traceId":"00000000000000000000000000000000""#, "traceId"),
        (#""spanId":"EEE19B7EC3C1B174","#, "", "spanId"), (#""startTimeUnixNano":"1763820252123456789","#, "", "startTimeUnixNano"),
        (#""traceId":"5B8EFFF798038103D269B633813FC60C""#, #""traceId":"xyz""#, "traceId"),
    ])
    func `a span without what it needs is refused`(part: String, replacement: String, reason: String) {
        let reading = read(StructuredSample.otlp.replacing(part, with: replacement))
        #expect(reading.spans.isEmpty)
        #expect(reading.rejections.first?.reason.contains(reason) == true)
    }

    @Test func `ids in base 64 are read like hex`() {
        let text = StructuredSample.otlp.replacing("5B8EFFF798038103D269B633813FC60C", with: "W47/95gDgQPSabYzgT/GDA==")
            .replacing("EEE19B7EC3C1B174", with: "7uGbfsPBsXQ=")
        #expect(read(text).spans.first?.traceID == "5b8efff798038103d269b633813fc60c")
        #expect(read(text).spans.first?.spanID == "eee19b7ec3c1b174")
    }

    @Test(arguments: [
        (#"{"code":1}"#, false), (#"{"code":"STATUS_CODE_ERROR"}"#, true), ("{}", true), (#"{"code":0}"#, true),
    ])
    func `an unset status follows the HTTP status and a set one does not`(status: String, isError: Bool) {
        let text = StructuredSample.otlp.replacing(#"{"code":2,"message":"upstream timed out"}"#, with: status)
        #expect(read(text).spans.first?.isError == isError)
    }

    @Test func `times that run backwards give no duration`() {
        let text = StructuredSample.otlp.replacing("1763820252223956789", with: "1")
        #expect(read(text).spans.first?.durationUs == 0)
        let extreme = StructuredSample.otlp.replacing("1763820252223956789", with: "-9223372036854775808")
        #expect(read(extreme).spans.first?.durationUs == 0)
    }

    @Test func `a service is named by the document when the resource is silent`() {
        let text = StructuredSample.otlp.replacing("service.name", with: "service.nick")
        #expect(read(text, service: "given").spans.first?.service == "given")
        #expect(read(text).spans.first?.service == "unknown_service")
    }

    @Test func `gauges, sums and totals of histograms become tracks`() {
        let text = """
            {"resourceMetrics":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"cart"}}]},"scopeMetrics":[{"metrics":[
            {"name":"queue","unit":"1","gauge":{"dataPoints":[{"timeUnixNano":"2000000000","asInt":"7","attributes":[{"key":"b","value":{"intValue":"2"}},{"key":"a","value":{"stringValue":"x\\"y"}}]},
             {"timeUnixNano":"1000000000","asInt":3,"attributes":[{"key":"a","value":{"stringValue":"x\\"y"}},{"key":"b","value":{"intValue":"2"}}]}]}},
            {"name":"requests","sum":{"isMonotonic":true,"aggregationTemporality":2,"dataPoints":[{"timeUnixNano":"1000000000","asDouble":5.5}]}},
            {"name":"delta","sum":{"isMonotonic":true,"aggregationTemporality":1,"dataPoints":[{"timeUnixNano":"1000000000","asDouble":5}]}},
            {"name":"took","unit":"s","histogram":{"aggregationTemporality":2,"dataPoints":[{"timeUnixNano":"1000000000","count":"4","sum":1.5,"bucketCounts":["4"]}]}},
            {"name":"bad","gauge":{"dataPoints":[{"asInt":1},{"timeUnixNano":"1000000000"}]}}]}]}]}
            """
        let reading = read(text.replacing("\n", with: ""))
        #expect(
            reading.metrics.map {
                "\($0.key.metric) \($0.kind.rawValue) \($0.points.map { "\($0.timeMs)=\($0.value)" }.joined(separator: ","))"
            } == [
                "delta gauge 1000=5.0", #"queue{a="x\"y",b="2"} gauge 1000=3.0,2000=7.0"#, "requests counter 1000=5.5",
                "took_count counter 1000=4.0",
                "took_sum counter 1000=1.5",
            ])
        #expect(reading.rejections.count == 2)
        #expect(reading.metrics.allSatisfy { $0.key.service == "cart" })
    }

    @Test func `log records of OTLP become a batch over their own bytes`() throws {
        let text =
            #"{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"cart"}}]},"scopeLogs":[{"logRecords":["#
            + #"{"timeUnixNano":"1763820252123000000","severityNumber":17,"traceId":"5b8efff798038103d269b633813fc60c","body":{"stringValue":"no\nstock"},"#
            + #""attributes":[{"key":"exception.stacktrace","value":{"stringValue":"E\n at f"}}]},"#
            + #"{"observedTimeUnixNano":"1763820253000000000","severityText":"warn","body":{"kvlistValue":{"values":[{"key":"n","value":{"intValue":"1"}}]}}},"#
            + #"{"timeUnixNano":"1"}]}]}]}"#
        let reading = read(text)
        let batch = try #require(reading.logs.first)
        func string(_ range: ByteRange) -> String { String(decoding: batch.bytes[range.lower..<range.upper], as: UTF8.self) }
        #expect(batch.sourceCount == 0)
        #expect(batch.records.map { string($0.message) } == ["no\nstock", #"{"n":1}"#])
        #expect(batch.records.map(\.level) == [.error, .warning])
        #expect(batch.records.map(\.timeMs) == [1_763_820_252_123, 1_763_820_253_000])
        #expect(string(batch.records[0].service) == "cart")
        #expect(string(batch.records[0].traceID) == "5b8efff798038103d269b633813fc60c")
        #expect(string(batch.records[0].stack) == "E\n at f")
        #expect(reading.rejections.count == 1)
    }

    @Test func `Jaeger's Elasticsearch documents and its protocol buffers in JSON are read`() throws {
        let elastic =
            #"{"traceID":"1","spanID":"2","parentSpanID":"3","operationName":"op","startTime":1763820252123456,"duration":5,"tag":{"http@status_code":"200","error":true},"process":{"serviceName":"s"}}"#
        let span = try #require(read(elastic).spans.first)
        #expect([span.service, span.operation, span.parentID] == ["s", "op", "0000000000000003"])
        #expect(span.isError)
        let proto =
            #"{"spans":[{"traceId":"AAAAAAAAAABSlpqJVVcaPw==","spanId":"AAAAAABkfZg=","operationName":"get","startTime":"2026-11-22T14:04:12.5Z","duration":"22938000ns","tags":[{"key":"span.kind","vStr":"client"}],"process":{"serviceName":"api"}}]}"#
        let other = try #require(read(proto).spans.first)
        #expect(other.traceID == "000000000000000052969a8955571a3f")
        #expect(other.durationUs == 22_938)
        #expect(other.kind == .client)
        #expect(other.start == Instant(rfc3339: "2026-11-22T14:04:12.5Z"))
    }

    @Test(arguments: ["{}", "[1,2]", "42", #"{"hello":"world"}"#, ""])
    func `what is no trace is refused and nothing else happens`(text: String) {
        let reading = read(text)
        #expect(reading.acceptedCount == 0)
        #expect(reading.rejections.count == 1)
    }
}
