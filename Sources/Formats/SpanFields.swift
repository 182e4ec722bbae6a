import Model

/// What the readers of traces share: ids, status, and the words of a span's result.
enum SpanFields {
    /// 32 lower-case hex digits from 16 or 32 hex digits of any case or from base 64; nil when it is neither or all zeros.
    static func traceID(_ text: JSONText?) -> String? { text.flatMap { id($0.bytes, digits: 32) } }
    /// 16 lower-case hex digits from up to 16 hex digits or from base 64; nil when it is neither or all zeros.
    static func spanID(_ text: JSONText?) -> String? { text.flatMap { id($0.bytes, digits: 16) } }

    /// Shorter hex ids are padded with zeros on the left, as 64-bit trace ids are.
    static func id(_ bytes: UnsafeRawBufferPointer, digits: Int) -> String? {
        if bytes.count > 0, bytes.count <= digits {
            var others = 0
            var bits: UInt8 = 0
            for byte in bytes {
                let isHex = byte &- 48 <= 9 || (byte | 32) &- 97 <= 5
                others += isHex ? 0 : 1
                bits |= byte ^ 48
            }
            if others == 0 {
                if bits == 0 { return nil }
                return String(unsafeUninitializedCapacity: digits) { out in
                    let pad = digits - bytes.count
                    for index in 0..<pad { out[index] = 48 }
                    for index in 0..<bytes.count { out[pad + index] = bytes[index] < 58 ? bytes[index] : bytes[index] | 32 }
                    return digits
                }
            }
        }
        guard let raw = base64(bytes, count: digits / 2), raw.contains(where: { $0 != 0 }) else { return nil }
        return raw.withUnsafeBufferPointer { raw in
            String(unsafeUninitializedCapacity: digits) { out in
                let alphabet: StaticString = "0123456789abcdef"
                for index in 0..<raw.count {
                    out[2 * index] = alphabet.utf8Start[Int(raw[index] >> 4)]
                    out[2 * index + 1] = alphabet.utf8Start[Int(raw[index] & 15)]
                }
                return digits
            }
        }
    }

    /// Exactly `count` bytes from base 64 (either alphabet, padding optional); else nil.
    private static func base64(_ bytes: UnsafeRawBufferPointer, count: Int) -> [UInt8]? {
        var text = bytes[...]
        while text.last == 61 { text = text.dropLast() }
        guard text.count == (count * 8 + 5) / 6 else { return nil }
        var out: [UInt8] = []
        var buffer: UInt32 = 0
        var bits = 0
        for byte in text {
            let value: UInt8
            switch byte {
            case 65...90: value = byte - 65
            case 97...122: value = byte - 71
            case 48...57: value = byte + 4
            case 43, 45: value = 62
            case 47, 95: value = 63
            default: return nil
            }
            buffer = (buffer << 6 | UInt32(value)) & 0xFFFF
            bits += 6
            if bits >= 8 {
                bits -= 8
                out.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
            }
        }
        return out.count == count ? out : nil
    }

    /// What a span's tags say about its end, under any convention's names.
    struct Result {
        var httpStatus: Int64 = 0
        var grpcStatus: Int64 = 0
        var message = ""
        var exception: String?
        var stackText = ""
        var isError = false

        /// `HTTP 503: upstream timed out`, one line.
        var statusText: String {
            let code = httpStatus > 0 ? "HTTP \(httpStatus)" : grpcStatus > 0 ? "gRPC \(grpcStatus)" : ""
            if message.isEmpty { return code }
            let words = StructuredText.title(message)
            return code.isEmpty ? words : StructuredText.title(code + ": " + words)
        }

        /// OpenTelemetry's rule for spans that leave their status unset: HTTP 5xx, and the gRPC codes that are the server's fault
        /// (UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS).
        var failsByStatus: Bool { httpStatus >= 500 && httpStatus < 600 || [2, 4, 12, 13, 14, 15].contains(grpcStatus) }

        /// Takes a tag it knows. Called for each tag of each span, so it looks at the length first.
        @inline(__always)
        mutating func take(_ key: JSONText, _ value: JSONNode) {
            switch key.count {
            case 5 where key == "error": takeError(value)
            case 10 where key == "error.type":
                // Also holds status codes and words like `timeout`; only classes are wanted.
                if let name = value.string, name.contains(".") || name.hasSuffix("Error") || name.hasSuffix("Exception") {
                    exception = exception ?? name
                }
            case 11 where key == "status_code" || key == "grpc.status": if let code = value.looseInt { grpcStatus = code }
            case 13 where key == "error.message": if message.isEmpty { message = value.string ?? "" }
            case 16 where key == "http.status_code" || key == "grpc.status_code":
                if let code = value.looseInt {
                    if key == "http.status_code" { httpStatus = code } else { grpcStatus = code }
                }
            case 16 where key == "otel.status_code": if value.string == "ERROR" { isError = true }
            case 20 where key == "rpc.grpc.status_code": if let code = value.looseInt { grpcStatus = code }
            case 23 where key == "otel.status_description": if let text = value.string { message = text }
            case 25 where key == "http.response.status_code": if let code = value.looseInt { httpStatus = code }
            case 14 where key == "exception.type": if let name = value.string { exception = name }
            case 17 where key == "exception.message": if message.isEmpty { message = value.string ?? "" }
            case 20 where key == "exception.stacktrace": if let text = value.string { stackText = text }
            default: break
            }
        }

        /// `error` is a boolean in OpenTracing and free text in Zipkin.
        private mutating func takeError(_ value: JSONNode) {
            if let flag = value.bool {
                isError = flag
            } else if let text = value.string {
                isError = text != "false"
                if message.isEmpty, text != "true", text != "false" { message = text }
            }
        }

        /// Fills the fields of `span` that tell how it ended.
        func finish(_ span: inout Span, _ stack: @Sendable (String) -> StackSummary?) {
            span.isError = isError
            span.statusText = statusText
            if let exception { span.exception = StructuredText.name(exception) }
            if !stackText.isEmpty, let summary = stack(stackText.clipped(toBytes: Limits.bodyBytes)) {
                span.frames = Array(summary.frames.prefix(Limits.stackFrames))
                if span.exception == nil { span.exception = StructuredText.name(summary.exception) }
            }
        }
    }

    /// Microseconds between two moments in nanoseconds, never negative.
    static func durationUs(from start: Int64, to end: Int64) -> Int64 {
        let (difference, overflow) = end.subtractingReportingOverflow(start)
        return overflow || difference < 0 ? 0 : difference / 1_000
    }

    /// A service's or an operation's name; most are clean, so the cleaning is only done when it must be.
    static func clean(_ text: JSONText) -> String {
        if text.count <= Limits.titleCharacters, !text.bytes.contains(where: { $0 < 32 || $0 > 126 }) { return text.string }
        return StructuredText.title(text.string)
    }
}
