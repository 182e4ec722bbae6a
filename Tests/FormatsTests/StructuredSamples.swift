import Formats
import Model

/// Documents that several tests start from, and how they are handed to a reader.
enum StructuredSample {
    static let fallback = Instant(ms: 1_700_000_000_000)

    static func document(_ path: String = "sample", service: String? = nil) -> DocumentOrigin {
        DocumentOrigin(origin: "test", path: path, service: service, fallbackTime: fallback)
    }

    /// Reads the UTF-8 of `text`.
    static func read(
        _ text: String, path: String = "sample", service: String? = nil, by reader: (UnsafeRawBufferPointer, DocumentOrigin) -> Reading
    ) -> Reading {
        Array(text.utf8).withUnsafeBytes { reader($0, document(path, service: service)) }
    }

    static let junit = """
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="all">
          <testsuite name="cart" tests="4" timestamp="2026-11-22T14:00:00" file="Tests/Cart.swift">
            <properties><property name="commit" value="0123abcd"/><property name="service.name" value="cart"/></properties>
            <testcase classname="shop.CartTests" name="adds" time="0.012"/>
            <testcase classname="shop.CartTests" name="removes" time="1,250" file="Tests/Remove.swift" line="42">
              <failure message="expected 1 &amp; got 2" type="AssertionError">line one
              at shop.CartTests.removes(Remove.swift:42)</failure>
            </testcase>
            <testcase classname="shop.CartTests" name="prices"><error message="boom"/></testcase>
            <testcase classname="shop.CartTests" name="later"><skipped message="not now"/></testcase>
          </testsuite>
        </testsuites>
        """

    static let atom = """
        <?xml version="1.0" encoding="utf-8"?>
        <feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://status.example.net/">
          <title>Example Cloud status</title><updated>2026-11-22T15:00:00Z</updated>
          <entry>
            <id>tag:status.example.net,2026:Incident/7</id>
            <published>2026-11-22T14:01:00Z</published><updated>2026-11-22T14:50:00Z</updated>
            <link rel="alternate" href="/incidents/7"/>
            <title>Elevated error rates in object storage</title>
            <content type="html">&lt;p&gt;&lt;strong&gt;Resolved&lt;/strong&gt; - This incident has been resolved.&lt;/p&gt;\
        &lt;p&gt;Investigating - We are looking &amp;amp; waiting.&lt;/p&gt;</content>
          </entry>
          <entry><id>urn:2</id><title>New region opened</title><updated>2026-11-20T10:00:00+01:00</updated>
            <link href="javascript:alert(1)"/><summary>Hello &lt;b&gt;</summary></entry>
        </feed>
        """

    static let otlp = """
        {"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"checkout"}},\
        {"key":"host.name","value":{"stringValue":"node-1"}},{"key":"k8s.pod.name","value":{"stringValue":"checkout-7d9-abc"}}]},\
        "scopeSpans":[{"scope":{"name":"lib"},"spans":[{"traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"EEE19B7EC3C1B174",\
        "parentSpanId":"","name":"POST /pay","kind":2,"startTimeUnixNano":"1763820252123456789","endTimeUnixNano":1763820252223956789,\
        "attributes":[{"key":"http.response.status_code","value":{"intValue":"503"}}],\
        "events":[{"timeUnixNano":"1763820252200000000","name":"exception","attributes":[\
        {"key":"exception.type","value":{"stringValue":"shop.PayError"}},{"key":"exception.message","value":{"stringValue":"no route"}},\
        {"key":"exception.stacktrace","value":{"stringValue":"shop.PayError: no route\\n at pay (pay.js:3)"}}]}],\
        "status":{"code":2,"message":"upstream timed out"}}]}]}]}
        """

    static let zipkin = """
        [{"traceId":"4d1e00c0db9010db","id":"352bff9a74ca9ad2","parentId":"6b221d5bc9e6496c","name":"get /api","kind":"CLIENT",\
        "timestamp":1763820252123456,"duration":2500,"localEndpoint":{"serviceName":"frontend","ipv4":"10.0.0.5"},\
        "tags":{"http.status_code":"500","error":"Internal"}}]
        """

    static let jaeger = """
        {"data":[{"traceID":"83a9efd15c1c98a977e0711cc93ee28b","spans":[{"traceID":"83a9efd15c1c98a977e0711cc93ee28b",\
        "spanID":"e127af99e3b3e074","operationName":"charge","references":[{"refType":"CHILD_OF","traceID":"83a9efd15c1c98a977e0711cc93ee28b",\
        "spanID":"909541b92cf05311"}],"startTime":1763820252123456,"duration":123,"tags":[{"key":"span.kind","type":"string","value":"server"},\
        {"key":"error","type":"bool","value":true}],"logs":[{"timestamp":1763820252123460,"fields":[{"key":"event","value":"error"},\
        {"key":"error.kind","value":"CardError"},{"key":"message","value":"declined"}]}],"processID":"p1"}],\
        "processes":{"p1":{"serviceName":"payments","tags":[{"key":"hostname","type":"string","value":"pay-0"}]}}}]}
        """

    static let openMetrics = """
        # TYPE http_requests counter
        # HELP http_requests How many.
        http_requests_total{job="shop",instance="a:1",code="200"} 1027 1763820252.5
        http_requests_total{job="shop",instance="a:1",code="500"} 3 1763820252.5
        # TYPE latency_seconds histogram
        # UNIT latency_seconds seconds
        latency_seconds_bucket{job="shop",le="0.1"} 5
        latency_seconds_bucket{job="shop",le="+Inf"} 7
        latency_seconds_count{job="shop"} 7
        latency_seconds_sum{job="shop"} 1.5
        # EOF

        """

    static let csv = """
        time,service,instance,metric,value
        2026-11-22T14:00:00Z,cart,cart-0,cpu,0.5
        1763820060,cart,cart-0,cpu,0.75
        2026-11-22T14:02:00Z,"cart, old",,cpu,1e1
        """

    static let alertmanager = """
        {"version":"4","groupKey":"{}:{}","status":"firing","receiver":"team","groupLabels":{},"commonLabels":{},\
        "commonAnnotations":{},"externalURL":"http://am","alerts":[{"status":"firing","labels":{"alertname":"HighErrorRate",\
        "service":"checkout","severity":"critical","instance":"checkout-0"},"annotations":{"summary":"checkout answers 5xx",\
        "description":"more than 5 %"},"startsAt":"2026-11-22T14:04:00Z","endsAt":"0001-01-01T00:00:00Z",\
        "generatorURL":"https://prometheus.example.net/graph","fingerprint":"abc"}]}
        """

    static let cloudEvent = """
        {"specversion":"1.0","id":"42","source":"https://ci.example.net/deploys","type":"com.example.deployment","time":"2026-11-22T14:00:00Z",\
        "traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",\
        "data":{"service":"checkout","version":"v42","commit":"0123abcd4567","previous_commit":"89abcdef0123","canary":true}}
        """

    static let commitLine = """
        {"sha":"0123456789abcdef0123456789abcdef01234567","author_time":"2026-11-22T13:00:00Z","commit_time":1763820000,"author":"Ada",\
        "subject":"cart: Cache prices","body":"This reverts commit 89abcdef0123456789abcdef0123456789abcdef.","files":[["src/cart.js",3,1],["logo.png",-1,-1]]}
        """

    static let kubernetes = """
        {"kind":"List","apiVersion":"v1","items":[{"kind":"Event","metadata":{"uid":"7a1e","namespace":"shop","name":"e",\
        "creationTimestamp":"2026-11-22T14:00:00Z"},"involvedObject":{"kind":"Pod","namespace":"shop","name":"cart-5b67c48447-fj8b7"},\
        "reason":"BackOff","message":"Back-off restarting failed container","type":"Warning","firstTimestamp":"2026-11-22T14:00:00Z",\
        "lastTimestamp":"2026-11-22T14:08:30Z","count":14,"source":{"component":"kubelet","host":"node-3"},"series":{"count":15}},\
        {"kind":"Pod","metadata":{"name":"cart-0","namespace":"shop","labels":{"app":"cart"}},"status":{"containerStatuses":[\
        {"name":"cart","restartCount":6,"lastState":{"terminated":{"exitCode":137,"reason":"OOMKilled","finishedAt":"2026-11-22T14:08:20Z"}}}]}}]}
        """

    static let loki = """
        {"status":"success","data":{"resultType":"streams","result":[{"stream":{"app":"cart","pod":"cart-0","level":"info"},"values":[\
        ["1795356000123456789","cart 7 opened",{"structuredMetadata":{"trace_id":"0242ac120002","severity_number":"17"},"parsed":{}}],\
        ["1795356001000000000","java.lang.IllegalStateException: no stock\\n\\tat shop.Cart.add(Cart.java:41)"]]}]}}
        """

    static let elasticsearch = """
        {"pit_id":"46To","timed_out":false,"_shards":{"failed":0},"hits":{"hits":[{"_index":"logs","_id":"a","_source":{\
        "@timestamp":"2026-11-22T14:00:00.123Z","message":"no stock","log":{"level":"ERROR","file":{"path":"/var/log/cart.log"}},\
        "service.name":"cart","host":{"name":"node-3"},"error":{"stack_trace":"a.B: c\\n\\tat a.B.c(B.java:7)"}},"sort":[1795356000123,7]},\
        {"_index":"logs","_id":"b","_source":{"@timestamp":1795356000124,"body":{"text":"paid"},"severity_text":"INFO"},"sort":[1795356000124,8]}]}}
        """

    static let report = #"{"time":"2026-11-22T14:20:00Z","title":"Cannot pay","text":"The page says 503.","id":"SHOP-1"}"#

    /// Two commits as `GitLogReader.format` makes them: one with a rename and a binary file, one merge.
    static let gitLog =
        "\u{1}commit\0" + "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\0bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\0Ada\0" + "1763810000\0"
        + "1763820000\0cart: Move prices\0Why.\n\nThis reverts commit cccccccccccccccccccccccccccccccccccccccc.\n\0\0\n5\t2\t\0old.js\0new.js\0"
        + "-\t-\tlogo.png\0" + "\u{1}commit\0" + "dddddddddddddddddddddddddddddddddddddddd\0"
        + "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee\0Bob\0" + "1763820100\0"
        + "1763820100\0Merge\0\0\0"
}
