import Model

/// A style sheet or script as it will stand in a page, with the source expression that allows it.
package struct InlineText: Sendable {
    package let bytes: [UInt8]
    /// `'sha256-…'`
    package let source: String
    package init(_ text: [UInt8]) {
        bytes = PageShell.inlined(text)
        source = PageShell.source(bytes)
    }
}

/// The frame of every published page: one HTML document that needs nothing from outside and may load nothing.
package enum PageShell {
    /// A whole HTML document.
    ///
    /// `body` is markup; `css` and `script` are inlined and allowed by their SHA-256 in a Content-Security-Policy whose
    /// `default-src` is `'none'` (CSP Level 3, 6.7.3.3); the script is a module, so it runs after the page is parsed.
    /// `data` becomes `<script type="application/json" id="data">`, see `ScriptData`. `head` holds further elements, such
    /// as links to other forms of the page.
    package static func page(
        title: String, description: String = "", language: String = "en", body: [UInt8], css: [UInt8], script: [UInt8]? = nil,
        data: JSONValue? = nil, head: SafeHTML = .empty
    ) -> [UInt8] {
        page(
            title: title, description: description, language: language, body: body, style: InlineText(css),
            script: script.map { InlineText($0) }, data: data, head: head)
    }

    /// The same with style and script prepared once for many pages. `asksItself` lets the script ask the page's own origin for
    /// a newer publication, and nothing else. With `loadsScripts` the page's own script, and nothing else in the page, may add
    /// further scripts (`'strict-dynamic'`, CSP Level 3, 8.2): a page from disk has no other way to read the files of the search,
    /// since its address is an origin of its own and `'self'` differs between browsers.
    package static func page(
        title: String, description: String = "", language: String = "en", body: [UInt8], style: InlineText, script: InlineText? = nil,
        data: JSONValue? = nil, head: SafeHTML = .empty, asksItself: Bool = false, loadsScripts: Bool = false
    ) -> [UInt8] {
        var policy = "default-src 'none'; style-src \(style.source)"
        if let script { policy += "; script-src \(script.source)\(loadsScripts ? " 'strict-dynamic'" : "")" }
        if asksItself { policy += "; connect-src 'self'" }
        policy += "; base-uri 'none'; form-action 'none'"

        var out: [UInt8] = []
        out.reserveCapacity(body.count + style.bytes.count + (script?.bytes.count ?? 0) + 2_048)
        func add(_ text: String) { out.append(contentsOf: text.utf8) }
        add("<!doctype html>\n<html lang=\"\(HTMLText.escape(language))\">\n<head>\n<meta charset=\"utf-8\">\n")
        // The policy is ASCII of our own making; its quotes are single ones inside a double-quoted attribute.
        add("<meta http-equiv=\"Content-Security-Policy\" content=\"\(policy)\">\n")
        add("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
        add("<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n")
        add("<title>\(HTMLText.escape(title))</title>\n")
        if !description.isEmpty { add("<meta name=\"description\" content=\"\(HTMLText.escape(description))\">\n") }
        if !head.bytes.isEmpty {
            out.append(contentsOf: head.bytes)
            out.append(10)
        }
        add("<style>")
        out.append(contentsOf: style.bytes)
        add("</style>\n</head>\n<body>\n")
        out.append(contentsOf: body)
        if out.last != 10 { out.append(10) }
        if let data {
            add("<script type=\"application/json\" id=\"data\">")
            out.append(contentsOf: ScriptData.bytes(data))
            add("</script>\n")
        }
        if let script {
            add("<script type=\"module\">")
            out.append(contentsOf: script.bytes)
            add("</script>\n")
        }
        add("</body>\n</html>\n")
        return out
    }

    /// The CSP source expression of an inline element's text.
    package static func source(_ text: [UInt8]) -> String {
        let digest = text.withUnsafeBytes { SHA256Digest.bytes(of: $0) }
        return "'sha256-\(base64(digest))'"
    }

    /// The text as a parser will see it (no CR, no NUL, both of which it rewrites before hashing), and without anything
    /// that ends the element: `</` before `style` or `script` becomes `<\/`, `<!--` becomes `<\!--`, which strings and
    /// regular expressions of both languages read the same.
    static func inlined(_ text: [UInt8]) -> [UInt8] {
        let enders: [[UInt8]] = [Array("/style".utf8), Array("/script".utf8), Array("!--".utf8), Array("script".utf8)]
        var out: [UInt8] = []
        out.reserveCapacity(text.count)
        for (index, byte) in text.enumerated() where byte != 13 && byte != 0 {
            out.append(byte)
            guard byte == 60 else { continue }
            for ender in enders where text.count - index > ender.count {
                let ahead = text[index + 1...index + ender.count]
                if zip(ahead, ender).allSatisfy({ $0 | ($0 >= 65 && $0 <= 90 ? 32 : 0) == $1 }) {
                    out.append(92)
                    break
                }
            }
        }
        return out
    }

    static func base64(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var out: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var word: UInt32 = 0
            for byte in group { word = word << 8 | UInt32(byte) }
            word <<= UInt32(8 * (3 - group.count))
            for place in 0..<4 {
                out.append(place <= group.count ? alphabet[Int(word >> UInt32(18 - 6 * place)) & 63] : 61)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
