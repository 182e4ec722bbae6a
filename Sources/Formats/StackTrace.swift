import Model

/// Follows a stack trace from line to line, where lines have no header that would say whether they belong to a record.
struct LogTraceState {
    private enum Language { case none, python, go }
    private var language = Language.none
    private var sawIndented = false

    /// Looks at a record's first line.
    mutating func begin(_ s: ByteScanner, _ start: Int) {
        if s.has("Traceback (most", start) { language = .python }
        if s.has("goroutine ", start) || s.has("panic: ", start) { language = .go }
    }

    /// True when the line belongs to the record before it, which has `lines` lines so far.
    mutating func continues(_ s: ByteScanner, _ start: Int, _ stop: Int, lines: Int) -> Bool {
        switch s.byte(start) {
        case 32, 9:
            sawIndented = true
            return true
        case 0x43 where s.has("Caused by", start): return true
        case 0x54 where s.has("Traceback (most", start):
            language = .python
            sawIndented = false
            return true
        case 0x67 where s.has("goroutine ", start):
            language = .go
            return true
        case 0x61 where s.has("at ", start): return true
        case 0x2E where s.has("...", start): return true
        case 0x53 where s.has("Suppressed: ", start): return true
        case 0x44 where s.has("During handling of the above exception", start): return true
        case 0x54 where s.has("The above exception was", start): return true
        case 0x2D where s.has("--- End of", start): return true
        case 0x7D, 0x5D, 0x29:
            // The closing bracket of something that was printed over several lines.
            if lines > 1, stop &- start <= 3 { return true }
        default: break
        }
        switch language {
        case .none: return false
        case .python:
            // The first line that is not indented names the exception and ends the trace.
            guard sawIndented, ByteScanner.isAlphanumeric(s.byte(start)) || s.byte(start) == 0x5F else { return false }
            language = .none
            return true
        case .go:
            return s.byte(stop &- 1) == 0x29 || s.has("created by ", start) || s.has("exit status ", start) || s.has("[signal ", start)
        }
    }

    /// True when a line without a header is the beginning of a crash: it stands for itself.
    static func beginsCrash(_ s: ByteScanner, _ start: Int) -> Bool {
        switch s.byte(start) {
        case 0x70: s.has("panic: ", start)
        case 0x66: s.has("fatal error: ", start)
        case 0x46: s.has("Fatal error: ", start)
        case 0x54: s.has("Traceback (most recent call last)", start)
        case 0x67: s.has("goroutine ", start)
        case 0x45: s.has("Exception in thread ", start)
        case 0x55: s.has("Unhandled exception", start) || s.has("Uncaught ", start)
        case 0x74: s.has("thread '", start)
        default: false
        }
    }
}

/// Reads stack traces of Java, Python, Go, JavaScript, Swift, .NET, Ruby and Rust.
///
/// The text may begin with other words (a log line's header and message) and may be cut off anywhere. Works line by line;
/// no expression is matched, and at most `Limits.recordLines` lines and `Limits.stackFrames` frames are read.
package enum StackTrace {
    /// What the trace says, or nil when the text holds no frame and no known way of naming a crash.
    package static func parse(_ text: String) -> StackSummary? {
        var reader = StackTraceReader()
        var text = text.clipped(toBytes: Limits.bodyBytes * 4)
        text.withUTF8 { bytes in
            var (at, lines) = (0, 0)
            while at < bytes.count, lines < Limits.recordLines {
                let start = at
                while at < bytes.count, bytes[at] &- 10 > 3 { at += 1 }
                if at > start {
                    lines += 1
                    let line = UnsafeBufferPointer(rebasing: bytes[start..<at])
                    if !reader.readPlainFrame(line) { reader.read(Substring(decoding: line, as: UTF8.self)) }
                }
                at += 1
            }
        }
        return reader.summary
    }

    /// The trace of one record: its lines when the record has several, else the field that holds it.
    package static func parse(_ record: LogRecord, in batch: LogBatch) -> StackSummary? {
        guard !record.stack.isAbsent else { return nil }
        let isLines =
            record.stack.upper == record.record.upper && record.message.lower < batch.sourceCount
            && record.message.upper <= record.stack.lower
        let range = isLines ? record.message.lower..<record.stack.upper : record.stack.lower..<record.stack.upper
        guard range.lowerBound >= 0, range.upperBound <= batch.bytes.count, range.lowerBound <= range.upperBound else { return nil }
        return parse(String(decoding: batch.bytes[range], as: UTF8.self))
    }
}

/// The state of reading one trace.
private struct StackTraceReader {
    private var exception = ""
    private var message = ""
    private var frames: [StackFrame] = []
    /// Python prints the innermost frame last.
    private var isReversed = false
    private var isCrash = false
    private var isFirstLine = true
    /// Go and Rust print the function on one line and its place on the next.
    private var pendingFunction = ""
    private var isAfterPython = false
    /// Only the first goroutine's frames count.
    private var goroutines = 0
    /// Rust's message stands on the line behind `panicked at`.
    private var wantsMessage = false

    var summary: StackSummary? {
        guard !frames.isEmpty || isCrash else { return nil }
        let ordered = isReversed ? frames.reversed() : frames
        return StackSummary(
            exception: exception.clipped(to: Limits.titleCharacters), message: message.clipped(to: 1_000),
            frames: ordered.count <= Limits.stackFrames ? ordered : Array(ordered.prefix(Limits.stackFrames)))
    }

    /// Reads `at pkg.Class.method(File.java:12)` as `readAt` does, which most lines of most traces are; false, and nothing done,
    /// for any other line.
    mutating func readPlainFrame(_ line: UnsafeBufferPointer<UInt8>) -> Bool {
        guard !wantsMessage, !isAfterPython, goroutines == 0 else { return false }
        func isOfWord(_ byte: UInt8) -> Bool {
            byte > 32 && byte < 127 && byte != UInt8(ascii: "(") && byte != UInt8(ascii: ")") && byte != UInt8(ascii: ":")
                && byte != UInt8(ascii: "'") && byte != UInt8(ascii: "`")
        }
        func text(_ from: Int, _ to: Int) -> String { String(decoding: UnsafeBufferPointer(rebasing: line[from..<to]), as: UTF8.self) }
        var at = 0
        while at < line.count, line[at] == 32 || line[at] == 9 { at += 1 }
        guard at + 3 < line.count, line[at] == UInt8(ascii: "a"), line[at + 1] == UInt8(ascii: "t"), line[at + 2] == 32 else {
            return false
        }
        at += 3
        let function = at
        while at < line.count, isOfWord(line[at]) { at += 1 }
        let open = at
        guard open > function, at < line.count, line[at] == UInt8(ascii: "(") else { return false }
        at += 1
        while at < line.count, isOfWord(line[at]) { at += 1 }
        let colon = at
        guard colon > open + 1, at < line.count, line[at] == UInt8(ascii: ":") else { return false }
        at += 1
        var number = 0
        while at < line.count, at - colon < 9, line[at] &- 48 < 10 {
            number = number * 10 + Int(line[at] &- 48)
            at += 1
        }
        guard number > 0, at == line.count - 1, line[at] == UInt8(ascii: ")") else { return false }
        if frames.isEmpty { frames.reserveCapacity(16) }
        append(StackFrame(file: text(open + 1, colon), line: number, function: text(function, open)))
        isFirstLine = false
        return true
    }

    mutating func read(_ raw: Substring) {
        defer { isFirstLine = false }
        let line = trimmed(raw)
        guard !line.isEmpty else { return }
        if wantsMessage {
            wantsMessage = false
            if !line.begins("stack backtrace:"), !line.begins("note: ") {
                message = String(line)
                return
            }
        }
        if readPython(line, raw) || readGo(line, raw) || readCrash(line) || readFrame(line) { return }
        readException(line)
    }

    // MARK: - Headlines

    private mutating func readException(_ line: Substring) {
        let isCause = line.begins("Caused by") || line.begins("---> ") || line.holds(" ---> ")
        if isCause {
            var text = line
            if let arrow = text.first("---> ") {
                text = text[arrow.upperBound...]
            } else {
                text = trimmed(text.dropFirst("Caused by".count))
            }
            if text.begins(":") { text = trimmed(text.dropFirst()) }
            if take(headline: text) { frames = [] }
            return
        }
        if isAfterPython {
            // The last line of a Python trace: `module.Error: message` or a bare `Error`.
            isAfterPython = false
            let colon = line.firstIndex(of: ":")
            exception = String(trimmed(line[..<(colon ?? line.endIndex)]))
            message = colon.map { String(trimmed(line[line.index(after: $0)...])) } ?? ""
            return
        }
        if frames.isEmpty, exception.isEmpty || isFirstLine { _ = take(headline: line) }
    }

    /// Takes `java.lang.IllegalStateException: text` wherever it stands in the line; false when nothing looks like the name of
    /// an exception.
    private mutating func take(headline line: Substring) -> Bool {
        var text = line
        if let thread = text.first("Exception in thread ") {
            text = text[thread.upperBound...]
            if let quote = text.dropFirst().firstIndex(of: "\"") { text = trimmed(text[text.index(after: quote)...]) }
        }
        for prefix: StaticString in ["Unhandled exception. ", "Unhandled Exception: ", "Uncaught ", "uncaughtException: "] {
            if let found = text.first(prefix) { text = text[found.upperBound...] }
        }
        var rest = text
        while !rest.isEmpty {
            rest = Substring(rest.utf8.drop { $0 == UInt8(ascii: "(") || $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "\"") })
            let word = Substring(rest.utf8.prefix { $0 != 32 && $0 != 9 })
            guard word.utf8.contains(where: { $0 &- 65 < 26 || $0 > 127 }) else {
                // No name of an exception is without a capital.
                rest = trimmed(rest[word.endIndex...])
                continue
            }
            let name = Substring(word.unicodeScalars.prefix(while: Self.isOfName))
            let bare = name.ends(":") ? name.dropLast() : name
            let isClosed =
                name.ends(":") || name.endIndex == line.endIndex || bare.holds(".") || bare.holds("\\")
                || line[name.endIndex...].begins("(code: ")
            if isClosed, Self.isExceptionName(bare) {
                exception = String(bare)
                message = String(trimmed(rest[name.endIndex...]))
                if message.begins(":") { message = String(trimmed(message.dropFirst())) }
                return true
            }
            rest = trimmed(rest[word.endIndex...])
        }
        return false
    }

    private static func isOfName(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", ".", "_", "$", ":", "\\": true
        default: scalar.value > 127 && Character(scalar).isLetter
        }
    }

    /// `IllegalStateException`, `TypeError`, `java.lang.StackOverflowError`, `Errno::ECONNREFUSED`, `Error`.
    private static func isExceptionName(_ name: Substring) -> Bool {
        func isUppercase(_ character: Character) -> Bool { character.asciiValue.map { $0 &- 65 < 26 } ?? character.isUppercase }
        func isLetter(_ character: Character) -> Bool { character.asciiValue.map { ($0 | 32) &- 97 < 26 } ?? character.isLetter }
        guard let first = name.first, isLetter(first) else { return false }
        let last = name.split { $0 == "." || $0 == ":" || $0 == "$" || $0 == "\\" }.last ?? name
        guard let initial = last.first, isUppercase(initial) else { return false }
        if last.allSatisfy({ isUppercase($0) || $0.isNumber }) { return name.begins("Errno::") }
        return last.ends("Exception") || last.ends("Error") || last.ends("Throwable") || last.ends("Fault")
    }

    // MARK: - Frames

    private mutating func append(_ frame: StackFrame) {
        // A reversed trace keeps its last frames, which are the innermost.
        if isReversed, frames.count >= Limits.stackFrames { frames.removeFirst() }
        guard frames.count < Limits.stackFrames else { return }
        frames.append(frame)
    }

    private mutating func readFrame(_ line: Substring) -> Bool {
        if line.begins("at ") { return readAt(trimmed(Substring(line.utf8.dropFirst(3)))) }
        if line.begins("from ") || line.holds(":in `") || line.holds(":in '") { return readRuby(line) }
        if line.begins("... "), line.ends(" more") { return true }
        return readNumbered(line)
    }

    /// Java `pkg.Class.method(File.java:12)`, JavaScript `fn (file.js:12:3)` or `file.js:12:3`, .NET `A.B() in /f.cs:line 12`,
    /// Rust's `./src/main.rs:4:5` behind its function.
    private mutating func readAt(_ text: Substring) -> Bool {
        if let place = text.last(" in "),
            let line = text[place.upperBound...].last(":line ")
        {
            append(
                StackFrame(
                    file: String(text[place.upperBound..<line.lowerBound]), line: number(text[line.upperBound...]),
                    function: name(text[..<place.lowerBound])))
            return true
        }
        if text.ends(")"), let open = text.utf8.lastIndex(of: UInt8(ascii: "(")) {
            let function = String(trimmed(text[..<open]))
            let inside = Substring(text[open...].utf8.dropFirst().dropLast())
            let (file, line) = place(inside)
            // Java says `Native Method` or `Unknown Source`, .NET the parameters.
            let isPlace = line > 0 || file.contains(".") && !file.contains(" ")
            append(StackFrame(file: isPlace ? file : "", line: line, function: function.isEmpty ? "<anonymous>" : function))
            return true
        }
        let (file, line) = place(text)
        guard line > 0 else { return false }
        append(StackFrame(file: file, line: line, function: pendingFunction))
        pendingFunction = ""
        return true
    }

    /// `app/models/cart.rb:12:in 'total'`
    private mutating func readRuby(_ line: Substring) -> Bool {
        let text = line.begins("from ") ? trimmed(line.dropFirst(5)) : line
        guard let marker = text.first(":in ") else { return false }
        let (file, number) = place(text[..<marker.lowerBound])
        guard number > 0 else { return false }
        var function = text[marker.upperBound...]
        var rest: Substring = ""
        if let quote = function.dropFirst().firstIndex(where: { $0 == "'" }) {
            rest = function[function.index(after: quote)...]
            function = function[..<quote].dropFirst()
        }
        append(StackFrame(file: String(file.split(separator: " ").last ?? Substring(file)), line: number, function: String(function)))
        // The first line: `file.rb:1:in 'm': message (ClassName)`.
        if rest.begins(": ") {
            let text = trimmed(rest.dropFirst(2))
            if text.ends(")"), let open = text.utf8.lastIndex(of: UInt8(ascii: "(")) {
                exception = String(text[text.index(after: open)...].dropLast())
                message = String(trimmed(text[..<open]))
            } else {
                message = String(text)
            }
        }
        return true
    }

    /// Swift `1 [ra] 0x… total() + 12 in app at /src/Cart.swift:10:5`, `0 0x… cart + 4 at …`; Rust `4: app::total`; PHP
    /// `#0 /src/cart.php(12): total()`.
    private mutating func readNumbered(_ line: Substring) -> Bool {
        let isHash = line.begins("#")
        let digits = line.dropFirst(isHash ? 1 : 0).prefix { $0.isNumber }
        guard !digits.isEmpty, digits.count < 5 else { return false }
        var rest = line[digits.endIndex...]
        if rest.begins(": ") {
            pendingFunction = name(trimmed(rest.dropFirst(2)))
            return true
        }
        guard rest.begins(" ") else { return false }
        rest = trimmed(rest)
        if isHash, let open = rest.utf8.firstIndex(of: UInt8(ascii: "(")), let close = rest.utf8.firstIndex(of: UInt8(ascii: ")")),
            open < close, rest[close...].begins("): ")
        {
            append(
                StackFrame(
                    file: String(rest[..<open]), line: number(rest[rest.index(after: open)..<close]),
                    function: name(trimmed(rest[close...].dropFirst(3)))))
            return true
        }
        guard let at = rest.last(" at ") else { return false }
        let (file, line) = place(rest[at.upperBound...])
        guard line > 0 else { return false }
        var function = rest[..<at.lowerBound]
        for marker: StaticString in ["[ra] ", "[async] ", "[inlined] ", "[system] "] {
            if let found = function.first(marker) { function = trimmed(function[found.upperBound...]) }
        }
        if function.begins("0x") { function = trimmed(function.drop { $0 != " " }) }
        if let plus = function.first(" + ") { function = function[..<plus.lowerBound] }
        if let inside = function.last(" in ") { function = function[..<inside.lowerBound] }
        append(StackFrame(file: file, line: line, function: String(function)))
        return true
    }

    private mutating func readPython(_ line: Substring, _ raw: Substring) -> Bool {
        if line.begins("Traceback (most recent call last)") || line.holds(" Traceback (most recent call last)") {
            // A chained trace: the last one is what was raised in the end.
            isReversed = true
            isCrash = true
            frames = []
            return true
        }
        if line.begins("File \""), let quote = line.dropFirst(6).firstIndex(of: "\"") {
            let file = String(line[line.index(line.startIndex, offsetBy: 6)..<quote])
            var rest = line[line.index(after: quote)...]
            guard rest.begins(", line ") else { return false }
            rest = rest.dropFirst(7)
            let function = rest.first(", in ").map { String(trimmed(rest[$0.upperBound...])) } ?? ""
            isReversed = true
            isAfterPython = true
            append(StackFrame(file: file, line: number(rest), function: function))
            return true
        }
        // Source lines and markers between the frames are indented.
        if isAfterPython, raw.first == " " || raw.first == "\t" { return true }
        if line.begins("During handling of the above") || line.begins("The above exception was") { return true }
        return false
    }

    private mutating func readGo(_ line: Substring, _ raw: Substring) -> Bool {
        if let panic = line.first("panic: "), panic.lowerBound == line.startIndex || isFirstLine, exception.isEmpty {
            exception = "panic"
            message = String(trimmed(line[panic.upperBound...]))
            isCrash = true
            return true
        }
        if line.begins("goroutine "), line.ends(":") {
            goroutines += 1
            if exception.isEmpty { exception = "panic" }
            isCrash = true
            return true
        }
        guard goroutines > 0 else { return false }
        if goroutines > 1 { return true }
        if raw.first == "\t" || raw.first == " " {
            let path = line.prefix { $0 != " " }
            let (file, number) = place(path)
            if number > 0 {
                // The runtime's own frames that lead to the panic say nothing.
                if !pendingFunction.isEmpty, pendingFunction != "panic", !pendingFunction.begins("runtime.") {
                    append(StackFrame(file: file, line: number, function: pendingFunction))
                }
                pendingFunction = ""
                return true
            }
        }
        if line.begins("created by ") {
            pendingFunction = ""
            return true
        }
        if line.ends(")"), let open = line.utf8.lastIndex(of: UInt8(ascii: "(")) {
            pendingFunction = String(line[..<open])
            return true
        }
        return false
    }

    /// Swift `Fatal error: text`, `file.swift:10: Fatal error: text`; Rust `thread 'main' panicked at src/main.rs:4:5:`.
    private mutating func readCrash(_ line: Substring) -> Bool {
        if let fatal = line.first("Fatal error: "), exception.isEmpty {
            exception = "Fatal error"
            message = String(trimmed(line[fatal.upperBound...]))
            isCrash = true
            let (file, number) = place(trimmed(line[..<fatal.lowerBound]))
            if number > 0 { append(StackFrame(file: String(file.split(separator: " ").last ?? ""), line: number, function: "")) }
            return true
        }
        if let panicked = line.first(" panicked at "), line.holds("thread '"), exception.isEmpty {
            exception = "panic"
            isCrash = true
            let text = trimmed(line[panicked.upperBound...])
            if text.begins("'"), let quote = text.last("', ") {
                // Before Rust 1.73: `panicked at 'text', src/main.rs:4:5`.
                message = String(text[..<quote.lowerBound].dropFirst())
                let (file, number) = place(text[quote.upperBound...])
                append(StackFrame(file: file, line: number, function: ""))
            } else {
                let (file, number) = place(text)
                append(StackFrame(file: file, line: number, function: ""))
                wantsMessage = true
            }
            return true
        }
        return line.begins("stack backtrace:") || line.begins("note: ")
    }

    // MARK: - Pieces

    /// `file:12:3`, `file:12`, with a final colon; line 0 when no number stands behind the file.
    private func place(_ text: Substring) -> (file: String, line: Int) {
        var rest = text.ends(":") ? Substring(text.utf8.dropLast()) : text
        var line = 0
        for _ in 0..<2 {
            guard let colon = rest.utf8.lastIndex(of: UInt8(ascii: ":")) else { break }
            let last = Substring(rest[colon...].utf8.dropFirst())
            guard last.utf8.count < 9, let value = Int(last) else { break }
            line = value
            rest = rest[..<colon]
        }
        var file = String(rest)
        if file.begins("file://") { file = String(file.dropFirst(7)) }
        return (file, line)
    }

    private func number(_ text: Substring) -> Int {
        Int(text.prefix { $0.isNumber }.prefix(9)) ?? 0
    }

    /// A function without its parameters.
    private func name(_ text: Substring) -> String { String(Substring(text.utf8.prefix { $0 != UInt8(ascii: "(") })) }

    private func trimmed(_ text: Substring) -> Substring {
        func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 || byte == 13 }
        let utf8 = text.utf8
        var (from, to) = (utf8.startIndex, utf8.endIndex)
        while from < to, isBlank(utf8[from]) { from = utf8.index(after: from) }
        while from < to, isBlank(utf8[utf8.index(before: to)]) { to = utf8.index(before: to) }
        return text[from..<to]
    }
}
