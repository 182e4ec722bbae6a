import CPCRE2
import Model

/// A regular expression over bytes, compiled once by PCRE2 with its just-in-time compiler (pcre2api(3), pcre2jit(3)).
/// Not in UTF mode: classes are of ASCII, and bytes that are not UTF-8 are bytes like any other.
final class CompiledPattern: @unchecked Sendable {
    // Never written after `init`; a compiled pattern may be used by several threads at once (pcre2api(3), "Multithreading").
    private let code: OpaquePointer

    /// Nil when the pattern is not a pattern; a test compiles every one we ship.
    init?(_ pattern: String) {
        var errorNumber: Int32 = 0
        var errorOffset = 0
        let bytes = Array(pattern.utf8)
        let options = PCRE2_NEVER_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY | PCRE2_EXTENDED
        guard let code = pcre2_compile_8(bytes, bytes.count, options, &errorNumber, &errorOffset, nil) else { return nil }
        self.code = code
        // Without JIT (an architecture it does not know) matching is slower and means the same.
        _ = pcre2_jit_compile_8(code, UInt32(PCRE2_JIT_COMPLETE))
    }

    deinit { pcre2_code_free_8(code) }

    enum Outcome: Equatable {
        case found(Range<Int>)
        case nothing
        /// A limit was met before the answer was known.
        case unknown
    }

    func first(in bytes: UnsafeBufferPointer<UInt8>, from offset: Int, with scratch: borrowing MatchScratch) -> Outcome {
        guard let base = bytes.baseAddress, offset <= bytes.count else { return .nothing }
        let found = pcre2_match_8(code, base, bytes.count, offset, UInt32(PCRE2_NOTEMPTY), scratch.data, scratch.context)
        if found == PCRE2_ERROR_NOMATCH { return .nothing }
        guard found >= 0, let offsets = pcre2_get_ovector_pointer_8(scratch.data), offsets[0] < offsets[1], offsets[1] <= bytes.count else {
            return .unknown
        }
        return .found(offsets[0]..<offsets[1])
    }
}

/// What matching needs; one for each call, not shared.
struct MatchScratch: ~Copyable {
    fileprivate let data: OpaquePointer
    fileprivate let context: OpaquePointer

    /// Nil when there is no memory for it.
    init?() {
        guard let data = pcre2_match_data_create_8(8, nil) else { return nil }
        guard let context = pcre2_match_context_create_8(nil) else {
            pcre2_match_data_free_8(data)
            return nil
        }
        pcre2_set_match_limit_8(context, Limits.regexMatchSteps)
        pcre2_set_depth_limit_8(context, 10_000)
        pcre2_set_heap_limit_8(context, 16 << 10)
        self.data = data
        self.context = context
    }

    deinit {
        pcre2_match_data_free_8(data)
        pcre2_match_context_free_8(context)
    }
}
