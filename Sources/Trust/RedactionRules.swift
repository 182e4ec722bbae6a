/// One kind of secret: where to look, and what to take out.
struct RedactionRule: Sendable {
    /// The word in `[redacted:KIND]`, and of the counts.
    var kind: String
    /// Literals, one of which every match contains, each with its two telling bytes; with exact case when `exact`.
    var triggers: [(literal: String, pair: String)]
    var exact = false
    /// Free-spacing, over bytes; what matches (after `\K`) is taken out.
    var pattern: String
    /// Says whether a match is what it looks like; nil means it always is.
    var isSecret: (@Sendable (UnsafeBufferPointer<UInt8>) -> Bool)?
}

/// The rules in the order they are applied: the telling shapes first, then what only its name gives away.
///
/// Shapes are those the issuers document (AWS "IAM identifiers", GitHub "Token formats", GitLab "Token prefixes", Slack "Token
/// types", Stripe "API keys", RFC 7519, RFC 7468, RFC 6750, RFC 7617). Quantifiers are possessive or bounded, so that no text
/// makes them slow.
enum RedactionRules {
    /// Neither side of a token may go on as a word.
    private static let open = #"(?<![A-Za-z0-9_\-])"#
    private static let close = #"(?![A-Za-z0-9_\-])"#
    private static let done = #"(?!\[redacted:)"#

    static let shapes: [RedactionRule] = [
        RedactionRule(
            kind: "private-key", triggers: [("PRIVATE KEY", "VA")], exact: true,
            // Whole; or, when the end was cut off, the lines of base 64 that follow. Newlines may be escaped.
            pattern: #"""
                -----BEGIN\ [A-Z0-9\ ]{0,40}PRIVATE\ KEY(?:\ BLOCK)?-----
                (?: (?s:(?!-----(?:BEGIN|END)).)*+ -----END\ [A-Z0-9\ ]{0,40}PRIVATE\ KEY(?:\ BLOCK)?-----
                  | (?: (?: \s | \\++[nrt] )*+ [A-Za-z0-9+/=]{16,}+ )*+ )
                """#),
        // The first line of a key that was logged line by line: the DER of a private key begins with its version, then the
        // modulus (PKCS #1, RFC 8017), the algorithm (PKCS #8, RFC 5958) or the scalar (RFC 5915).
        RedactionRule(
            kind: "private-key", triggers: [("IBAAKC", "KC"), ("IBADANBg", "Bg"), ("CAQEEI", "EI"), ("CAQAwDQYJ", "YJ")], exact: true,
            pattern: #"(?<![A-Za-z0-9+/])M[A-I][A-Za-z0-9+/]{1,8}(?:IBAAKC|IBADANBg|CAQEEI|CAQAwDQYJ)[A-Za-z0-9+/]{16,}+={0,2}"#),
        RedactionRule(
            kind: "url-password", triggers: [("://", "//")],
            pattern: #"://[^\s/?#:@"'<>\\]{0,256}+:\K"# + done + #"[^\s/"'<>\\]{1,512}(?=@[A-Za-z0-9.\-\[_%$])"#),
        RedactionRule(
            kind: "jwt", triggers: [("eyJ", "yJ")], exact: true,
            pattern:
                open + #"eyJ(?: [A-Za-z0-9_\-]{10,}+ (?:\.[A-Za-z0-9_\-]++){1,4}+ \.?+"#
                + #" | (?:hbGci|0eXAi|raWQi|jdHki|4NXQi|lbmMi)[A-Za-z0-9_\-]{8,}+ )"#
        ),
        RedactionRule(
            kind: "aws-access-key", triggers: [("AKIA", "KI"), ("ASIA", "SI"), ("ABIA", "BI"), ("ACCA", "CC")], exact: true,
            pattern: #"(?<![A-Za-z0-9])A(?:KI|SI|BI|CC)A[A-Z0-9]{16}(?![A-Za-z0-9])"#),
        RedactionRule(
            kind: "google-key", triggers: [("AIza", "Iz"), ("ya29.", "a2"), ("GOCSPX-", "PX")], exact: true,
            pattern: open + #"(?: AIza[A-Za-z0-9_\-]{35} | ya29\.[A-Za-z0-9_\-]{20,}+ | GOCSPX-[A-Za-z0-9_\-]{20,}+ )"# + close),
        RedactionRule(
            kind: "azure-key", triggers: [("accountkey=", "tk"), ("sharedaccesskey=", "sk"), ("sig=", "g=")],
            pattern: #"(?i)(?: (?:accountkey|sharedaccesskey)= | [?&;\s]sig= )\K"# + done + #"[A-Za-z0-9+/%=_\-]{20,}+"#),
        RedactionRule(
            kind: "github-token",
            triggers: [("ghp_", "p_"), ("gho_", "o_"), ("ghu_", "u_"), ("ghs_", "s_"), ("ghr_", "r_"), ("github_pat_", "b_")], exact: true,
            pattern: open + #"(?: gh[pousr]_[A-Za-z0-9]{20,}+ | github_pat_[A-Za-z0-9_]{20,}+ )"#),
        RedactionRule(
            kind: "gitlab-token",
            triggers: [
                ("glpat-", "gl"), ("gldt-", "gl"), ("glrt-", "gl"), ("glptt-", "gl"), ("glsoat-", "gl"), ("glcbt-", "gl"), ("glft-", "gl"),
                ("glagent-", "gl"), ("gloas-", "gl"),
            ], exact: true, pattern: open + #"gl(?:pat|dt|rt|ptt|soat|cbt|ft|agent|oas)-[A-Za-z0-9_\-.]{16,}+"#),
        RedactionRule(
            kind: "slack-token", triggers: [("xox", "xo"), ("xapp-", "xa"), ("hooks.slack.com/services/", "k.")], exact: true,
            pattern: open
                + #"(?: xox[abeoprs][\-.][A-Za-z0-9\-]{10,}+ | xapp-[0-9]-[A-Za-z0-9\-]{10,}+"#
                + #" | hooks\.slack\.com/services/\K[A-Za-z0-9/]{20,}+ )"#
        ),
        RedactionRule(
            kind: "stripe-key", triggers: [("_live_", "_l"), ("_test_", "_t"), ("whsec_", "ws"), ("whsec_", "hs")], exact: true,
            pattern: open + #"(?: [srp]k_(?:live|test)_[A-Za-z0-9]{10,}+ | whsec_[A-Za-z0-9+/=]{16,}+ )"#),
        RedactionRule(
            kind: "npm-token", triggers: [("npm_", "m_")], exact: true, pattern: open + #"npm_[A-Za-z0-9]{30,}+"# + close),
        RedactionRule(
            kind: "pypi-token", triggers: [("pypi-", "i-")], exact: true, pattern: open + #"pypi-[A-Za-z0-9_\-]{32,}+"#),
        RedactionRule(
            kind: "sendgrid-key", triggers: [("SG.", "G.")], exact: true,
            pattern: open + #"SG\.[A-Za-z0-9_\-]{16,}+\.[A-Za-z0-9_\-]{16,}+"#),
        RedactionRule(kind: "twilio-key", triggers: [("SK", "SK")], exact: true, pattern: open + #"SK[0-9a-f]{32}"# + close),
        RedactionRule(
            kind: "service-token",
            triggers: [
                ("sk-", "k-"), ("dckr_pat_", "kr"), ("dop_v1_", "v1"), ("hf_", "f_"), ("hvs.", "s."), ("hvb.", "b."), ("shpat_", "hp"),
                ("AGE-SECRET-KEY-1", "E-"),
            ], exact: true,
            pattern: open
                + #"""
                (?: sk-(?:ant-|proj-|svcacct-)?[A-Za-z0-9_\-]{32,}+ | dckr_pat_[A-Za-z0-9_\-]{20,}+
                  | dop_v1_[0-9a-f]{64} | hf_[A-Za-z]{30,}+
                  | hv[sb]\.[A-Za-z0-9_\-]{20,}+ | shpat_[0-9a-fA-F]{32} | AGE-SECRET-KEY-1[A-Z0-9]{50,}+ )
                """# + close),
    ]

    static let headers: [RedactionRule] = [
        RedactionRule(
            kind: "authorization", triggers: [("authorization", "za")],
            pattern: #"(?i)authorization (?:\\*+["'])? \s{0,4} [:=] \s{0,4} (?:\\*+["'])? "#
                + #"(?: (?:bearer|basic|token|apikey|key)\s++\K"# + done + #"[^\s"',;\\<>]++"#
                + #"  | (?:digest|negotiate|ntlm|hawk|aws4-hmac-sha256)\s++\K"# + done + #"[^\r\n'\\<>]{8,4096}+"#
                + #"  | (?!(?:bearer|basic|token|apikey|key|digest|negotiate|ntlm|hawk|aws4-hmac-sha256)\s)\K"# + done
                + #"(?=[^\s"'\\]{0,256}[0-9])[A-Za-z0-9+/=_.~\-]{8,}+ )"#),
        RedactionRule(
            kind: "bearer-token", triggers: [("bearer", "ea")],
            pattern: #"(?i)\bbearer(?:\s++|%20|=|:\s*+)\K"# + done
                + #"(?: (?=[A-Za-z._~+/=\-]{0,256}[0-9])[A-Za-z0-9._~+/=\-]{12,}+ | [A-Za-z0-9._~+/=\-]{24,}+ )"#),
        RedactionRule(
            kind: "basic-credentials", triggers: [("basic", "si")],
            pattern: #"(?i)\bbasic\s++\K[A-Za-z0-9+/]{8,4096}+={0,2}+(?![A-Za-z0-9+/=])"#, isSecret: { isCredentials($0) }),
    ]

    /// What its name gives away. The name may go on only with words that keep it a secret: `secret_key`, never `token_count`.
    private static let more =
        #"(?: [_\-.]?+ (?:access|key|value|base64|base|b64|hash|old|new|current|confirmation|confirm|again|[0-9]{1,2}) )*+"#
    private static let quote = #"(?: \\*+ ["'] )?+"#
    private static let sign = #"[ \t]{0,4} (?: => | := | =(?!=) | : (?!//) | %3[Dd] ) [ \t]{0,4}"#
    /// Not a value: taken out already, a placeholder, a mask, a word of prose, or nothing.
    private static let value = #"""
        (?! \[redacted: | \$\{ | \$\( | \$[A-Z_]++\b(?![a-z]) | \{\{ | %[sdvq@{(] | <[A-Za-z_*\ \-]{0,40}> | \[[A-Za-z\ *]{1,20}\]
          | (?:[*•.\-]++|x{3,}+)(?:[\s"',;&)}\]\\]|$)
          | (?i:(?:null|none|nil|undefined|true|false|empty|unset|hidden|masked|redacted|filtered)\b(?![\-_.]))
          | (?<=[ \t])(?i:(?:must|should|shall|can|cannot|could|may|will|is|isn|was|are|has|have|had|not|no|too|invalid|expired|required
              |missing|incorrect
              |wrong|mismatch|failed|failure|rejected|accepted|ok|unknown|unexpected|for|from|of|and|or|in|on|at|to|by|with|the|a|an
              |it|this|that|string|str|bool|boolean|int|integer|number|optional|policy|length|reset|changed|updated|please|enter
              |check|verify)(?=[\s,.:;!?)\]"']|$)) )
        """#
    /// Quoted to its quote (or the end, when cut), or bare to what ends a word.
    private static let extent = #"""
        (?: (?<=["']) (?: (?<=[^\\]") [^"\\\r\n]*+(?:\\.[^"\\\r\n]*+)*+ | (?<=[^\\]') [^'\\\r\n]*+(?:\\.[^'\\\r\n]*+)*+
            | [^"'\\\r\n]*+ )
          | (?<!["']) (?: [^\s"'&,;)}\]\\<>|] | [,;)}\]\\|](?![\s"'&,;)}\]\\|]|$|[A-Za-z_.\-]{1,40}+[=:]) )++ )
        """#
    private static func named(_ words: String, atLeast count: Int, telling: Bool = false) -> String {
        #"(?i: (?:"# + words + ") " + more + #" (?<!["'\\]) )"# + quote + sign + quote + #"\K"# + value
            + (telling ? #"(?= [^\s"'&]{0,256}?[0-9] | [^\s"'&,;]{20} )"# : "") + #"(?=[^\s"']{"# + "\(count)})" + extent
    }

    static let names: [RedactionRule] = [
        RedactionRule(
            kind: "password", triggers: [("passw", "sw"), ("passphrase", "ph"), ("_pass", "_p"), ("pwd", "wd")],
            pattern: named(#"password|passwd|passphrase|(?<=_)pass|(?<=[A-Za-z0-9_])(?<!old)pwd"#, atLeast: 1) + "|"
                + named(#"\b(?:old)?pwd"#, atLeast: 1).replacing(#"\K"#, with: #"\K(?![/~]|[A-Za-z]:\\)"#)),
        RedactionRule(
            kind: "secret", triggers: [("secret", "cr"), ("credential", "cr")],
            pattern: named(#"secrets?|credentials?"#, atLeast: 4)),
        RedactionRule(
            kind: "api-key",
            triggers: [
                ("apikey", "ik"), ("api_key", "i_"), ("api-key", "i-"), ("api.key", "i."), ("access", "cc"), ("auth", "au"),
                ("private", "iv"), ("encryption", "pt"), ("signing", "gn"),
            ],
            pattern: named(
                #"api[_\-.]?key|access[_\-.]?key|auth[_\-.]?key|private[_\-.]?key|encryption[_\-.]?key|signing[_\-.]?key"#, atLeast: 6,
                telling: true)),
        RedactionRule(
            kind: "token", triggers: [("token", "ok")], pattern: named("token", atLeast: 6, telling: true)),
        RedactionRule(
            kind: "password",
            triggers: [
                ("-password", "sw"), ("-passwd", "sw"), ("-passphrase", "ph"), ("-secret", "-s"), ("-token", "-t"), ("-api", "-a"),
                ("-access", "-a"), ("-key", "-k"),
            ],
            // On a command line, after a blank.
            pattern:
                #"(?i)(?<![A-Za-z0-9_\-])--?(?:[a-z0-9]{1,20}-){0,3}"#
                + #"(?:password|passwd|passphrase|secret|token|(?:api|access|secret)-?key)[ ]++["']?\K"#
                + #"(?!-|\[redacted:|\$\{|\$\(|\$[A-Z_]++\b|<)[^\s"']{1,4096}+"#),
        RedactionRule(
            kind: "password", triggers: [("password", "sw"), ("identified", "if")],
            pattern: #"(?i)\b(?:identified\s++by|password)(?:\s++\\?|\(\s*+)(['"])\K"# + done + #"[^'"\r\n]{1,512}+(?=\1|\\)"#),
        RedactionRule(
            kind: "password", triggers: [("password>", "sw"), ("passwd>", "sw"), ("secret>", "cr"), ("token>", "ok"), ("key>", "y>")],
            pattern: #"(?i)<(?:[A-Za-z0-9_.\-]{1,40}:)?[A-Za-z0-9_.\-]{0,40}?(?:password|passwd|secret|token|api-?_?key)>\K"# + done
                + #"[^<>\s][^<>]{0,4095}+(?=</|$)"#),
        RedactionRule(
            kind: "password", triggers: [("mysql", "ql"), ("curl", "rl")],
            pattern: #"\bmysql(?:dump|admin)?\b[^\r\n]{0,300}?\ -p\K"# + done + #"[^\s"']++"#
                + #"|\bcurl\b[^\r\n]{0,300}?\ (?:-u|--user)[\ =]?["']?[^\s:"'\[]{1,100}+:\K"# + done + #"[^\s"']++"#),
    ]

    /// Run where there is an `@`.
    static let emails = RedactionRule(
        kind: "email", triggers: [],
        pattern: #"(?<![A-Za-z0-9._%+\-])[A-Za-z0-9._%+\-]{1,64}+@(?:[A-Za-z0-9\-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![A-Za-z0-9])"#)

    /// `user:secret` behind base 64, in ASCII that can be printed.
    private static func isCredentials(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var buffer: UInt32 = 0
        var bits = 0
        var hasColon = false
        for byte in bytes where byte != 61 {
            let six: UInt8
            switch byte {
            case 65...90: six = byte - 65
            case 97...122: six = byte - 71
            case 48...57: six = byte + 4
            case 43: six = 62
            case 47: six = 63
            default: return false
            }
            buffer = (buffer << 6 | UInt32(six)) & 0xFF_FFFF
            bits += 6
            if bits >= 8 {
                bits -= 8
                let decoded = UInt8(truncatingIfNeeded: buffer >> UInt32(bits))
                if decoded < 32 || decoded == 127 { return false }
                if decoded == 58 { hasColon = true }
            }
        }
        return hasColon
    }
}
