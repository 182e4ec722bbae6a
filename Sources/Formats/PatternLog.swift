import CPCRE2
import Model

/// A user's regular expression for the lines of a log, compiled once by PCRE2 with its just-in-time compiler
/// (pcre2api(3), pcre2jit(3)).
///
/// Its named groups say what is what; groups with other names are ignored. Matching is bounded by
/// `Limits.regexMatchSteps`, so that no pattern hangs on no line. Invalid UTF-8 in a line matches nothing, and the rest of
/// the line is still searched (`PCRE2_MATCH_INVALID_UTF`).
package final class PatternLog: @unchecked Sendable {
    /// The groups a pattern may have; it needs at least one of them.
    package static let groupNames = ["time", "level", "service", "host", "message", "trace_id"]

    // Never written after `init`; a compiled pattern may be used by several threads at once (pcre2api(3), "Multithreading").
    private let code: OpaquePointer
    private let groups: [LogField: Int]

    package init(_ pattern: String) throws(LogReaderError) {
        var errorNumber: Int32 = 0
        var errorOffset = 0
        let bytes = Array(pattern.utf8)
        let options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C
        guard let code = pcre2_compile_8(bytes, bytes.count, options, &errorNumber, &errorOffset, nil) else {
            throw .badPattern(pattern: pattern, offset: errorOffset, reason: Self.text(of: errorNumber))
        }
        self.code = code
        // Without JIT (an architecture it does not know) matching is slower and means the same.
        _ = pcre2_jit_compile_8(code, UInt32(PCRE2_JIT_COMPLETE))
        let fields: [LogField] = [.time, .level, .service, .host, .message, .trace]
        var groups: [LogField: Int] = [:]
        for (name, field) in zip(Self.groupNames, fields) {
            let number = Array(name.utf8 + [0]).withUnsafeBufferPointer { pcre2_substring_number_from_name_8(code, $0.baseAddress) }
            if number > 0 { groups[field] = Int(number) }
        }
        self.groups = groups
        if groups.isEmpty { throw .patternWithoutGroups(pattern: pattern) }
    }

    deinit { pcre2_code_free_8(code) }

    private static func text(of errorNumber: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 256)
        let length = pcre2_get_error_message_8(errorNumber, &buffer, buffer.count)
        return length > 0 ? String(decoding: buffer.prefix(Int(length)), as: UTF8.self) : "error \(errorNumber)"
    }

    /// What matching needs for one page; not to be shared.
    struct Matcher {
        fileprivate let pattern: PatternLog
        fileprivate let data: OpaquePointer
        fileprivate let context: OpaquePointer
        fileprivate let groups: [LogField: Int]

        func deallocate() {
            pcre2_match_data_free_8(data)
            pcre2_match_context_free_8(context)
        }

        /// The fields of the line from `start` to the window's end.
        func read(_ s: ByteScanner, _ start: Int, into fields: inout LogFields) -> LogRefusal? {
            let found = pcre2_match_8(pattern.code, s.base + start, s.end &- start, 0, 0, data, context)
            if found < 0 { return found == PCRE2_ERROR_NOMATCH ? .pattern : .patternLimit }
            guard let offsets = pcre2_get_ovector_pointer_8(data) else { return .pattern }
            func value(_ field: LogField) -> LogFields.Value {
                guard let group = groups[field], group < Int(found) else { return LogFields.Value() }
                let from = offsets[group * 2]
                let to = offsets[group * 2 + 1]
                guard from < to, to <= s.end &- start else { return LogFields.Value() }
                return LogFields.Value(start: start &+ from, end: start &+ to, rank: 0, kind: .text)
            }
            fields.time = value(.time)
            fields.level = value(.level)
            fields.message = value(.message)
            fields.service = value(.service)
            fields.host = value(.host)
            fields.trace = value(.trace)
            return nil
        }
    }

    /// Nil when there is no memory for it.
    func matcher() -> Matcher? {
        guard let data = pcre2_match_data_create_from_pattern_8(code, nil) else { return nil }
        guard let context = pcre2_match_context_create_8(nil) else {
            pcre2_match_data_free_8(data)
            return nil
        }
        pcre2_set_match_limit_8(context, Limits.regexMatchSteps)
        pcre2_set_depth_limit_8(context, 10_000)
        pcre2_set_heap_limit_8(context, 16 << 10)
        return Matcher(pattern: self, data: data, context: context, groups: groups)
    }
}

extension LogPageReader {
    mutating func patternLine(_ s: ByteScanner, _ start: Int) -> LogLineKind {
        guard let pattern else { return .refused(.pattern) }
        var fields = LogFields()
        if let refusal = pattern.read(s, start, into: &fields) { return .refused(refusal) }
        take(fields, s)
        if record.message.isAbsent { record.message = range(s, start, s.end) }
        takeTraceID(s, start, s.end)
        return .record
    }
}
