/// Words that are more than letters: what they amount to, and lists of parameters.
extension LineMasker {
    /// A word with digits or signs in it.
    func oddWord(
        _ flags: UInt8, _ bytes: UnsafePointer<UInt8>, _ fullStart: Int, _ fullEnd: Int, _ end: Int, _ firstSpaced: Bool
    ) -> Int {
        var start = fullStart
        var spaced = firstSpaced
        // Leading and trailing punctuation are words of their own.
        while start < fullEnd, isLeadingSign(bytes, start, fullEnd) {
            emit(constant: bytes, start, start &+ 1, spaced)
            spaced = false
            start &+= 1
        }
        guard start < fullEnd else { return fullEnd }
        let first = classes[Int(bytes[start])]
        if first & ByteClass.digit != 0 {
            let stop = CalendarForms.numeric(bytes, start, end, classes)
            if stop > start {
                emit(variable: bytes, start, stop, spaced)
                return stop
            }
        }
        if fullEnd < end, bytes[fullEnd] == UInt8(ascii: ":"), let stop = colonWord(flags, bytes, start, fullEnd, end) {
            emit(variable: bytes, start, stop, spaced)
            return stop
        }
        var stop = fullEnd
        while stop &- start > 1, isTrailingSign(bytes[stop &- 1]) { stop &-= 1 }
        if let dots = leaderDots(bytes, start, stop) {
            classify(flags, bytes, start, dots.lowerBound, spaced)
            emit(constant: bytes, dots.lowerBound, dots.upperBound, false)
            classify(flags, bytes, dots.upperBound, stop, false)
        } else {
            classify(flags, bytes, start, stop, spaced)
        }
        for sign in stop..<fullEnd { emit(constant: bytes, sign, sign &+ 1, false) }
        return fullEnd
    }

    /// The dots of `depth......7`: two or more inside a word.
    private func leaderDots(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Range<Int>? {
        var at = start &+ 1
        while at &+ 2 < end {
            if bytes[at] == UInt8(ascii: "."), bytes[at &+ 1] == UInt8(ascii: "."), bytes[at &- 1] != UInt8(ascii: "/") {
                var stop = at &+ 2
                while stop < end, bytes[stop] == UInt8(ascii: ".") { stop &+= 1 }
                return stop < end ? at..<stop : nil
            }
            at &+= 1
        }
        return nil
    }

    private func isTrailingSign(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ".") || byte == UInt8(ascii: "!") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "*")
    }

    private func isLeadingSign(_ bytes: UnsafePointer<UInt8>, _ at: Int, _ end: Int) -> Bool {
        switch bytes[at] {
        case UInt8(ascii: "*"), UInt8(ascii: "!"), UInt8(ascii: "?"), UInt8(ascii: "@"), UInt8(ascii: "&"): return true
        case UInt8(ascii: "#"): return at &+ 1 >= end || classes[Int(bytes[at &+ 1])] & ByteClass.digit == 0
        case UInt8(ascii: "."):
            guard at &+ 1 < end else { return true }
            let next = bytes[at &+ 1]
            if next == UInt8(ascii: "/") || next == UInt8(ascii: "\\") { return false }
            return !(next == UInt8(ascii: ".") && at &+ 2 < end && bytes[at &+ 2] == UInt8(ascii: "/"))
        default: return false
        }
    }

    private func classify(_ flags: UInt8, _ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ spaced: Bool) {
        let shape = WordShape(bytes, start, end, classes)
        if shape.isPath || shape.hasAt || shape.labelCount > 1 && hosts.isHost(bytes, start, end, labels: shape.labelCount) {
            emit(variable: bytes, start, end, spaced)
        } else if shape.hasDigit {
            if shape.isStem {
                emit(stem: bytes, start, end, spaced)
            } else {
                if shape.isPlainNumber, follows(UInt8(ascii: ":"), bytes, spaced) { number(after: bytes) }
                emit(variable: bytes, start, end, spaced)
            }
        } else if end &- start <= 9, follows(UInt8(ascii: "="), bytes, spaced), isNothing(bytes, start, end) {
            emit(variable: bytes, start, end, spaced)
        } else {
            emit(constant: bytes, start, end, spaced)
        }
    }

    /// `db.internal:5432` and `Checkout.java:214`: the dotted word before `:` and a number is a value too.
    func number(after bytes: UnsafePointer<UInt8>) {
        guard count >= 2, !tokens[count &- 1].isSpaced else { return }
        let word = tokens[count &- 2]
        guard word.kind == .constant else { return }
        var dots = 0
        var hasUpper = false
        var lastDot = Int(word.start)
        for at in Int(word.start)..<Int(word.end) {
            if bytes[at] == UInt8(ascii: ".") {
                dots &+= 1
                lastDot = at
            }
            if classes[Int(bytes[at])] & ByteClass.upper != 0 { hasUpper = true }
        }
        guard dots > 0 else { return }
        var isExtension = (1...5).contains(Int(word.end) &- lastDot &- 1)
        for at in (lastDot &+ 1)..<max(lastDot &+ 1, Int(word.end)) where classes[Int(bytes[at])] & ByteClass.upper != 0 {
            isExtension = false
        }
        guard !hasUpper || isExtension || dots >= 3 else { return }
        tokens[count &- 2].kind = .variable
        tokens[count &- 2].hash = Self.variableHash
    }

    /// Five parameters or more in a row, parted by blanks or commas, are one list.
    func foldLists(_ bytes: UnsafePointer<UInt8>) {
        var out = 0
        var index = 0
        while index < count {
            var last = index
            var members = 1
            if tokens[index].kind == .variable {
                while true {
                    let next = last &+ 1
                    if next < count, tokens[next].kind == .variable {
                        last = next
                    } else if next &+ 1 < count, tokens[next].kind == .constant, tokens[next].end &- tokens[next].start == 1,
                        bytes[Int(tokens[next].start)] == UInt8(ascii: ","), tokens[next &+ 1].kind == .variable
                    {
                        last = next &+ 1
                    } else {
                        break
                    }
                    members &+= 1
                }
            }
            if members >= 5 {
                tokens[out] = tokens[index]
                tokens[out].end = tokens[last].end
                out &+= 1
            } else if out == index {
                out = last &+ 1  // nothing was folded yet, all stand where they are
            } else {
                for kept in index...last {
                    tokens[out] = tokens[kept]
                    out &+= 1
                }
            }
            index = last &+ 1
        }
        count = out
    }
}
