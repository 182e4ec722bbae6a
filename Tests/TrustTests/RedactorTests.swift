import Foundation
import Model
import TestKit
import Testing

@testable import Trust

/// Samples are put together here, so that no scanner takes this file for a leak.
private let aws = "AKIA" + "IOSFODNN7EXAMPLE"
private let jwt = "eyJ" + "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
private let github = "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a"
private let card = "4111 1111 " + "1111 1111"
private let begin = "-----BEGIN RSA " + "PRIVATE KEY-----"
private let end = "-----END RSA " + "PRIVATE KEY-----"
private let body = "MIIEpAIBAAKCAQEA7bq0\nAoIBAQDtGx5v3Ck2w9Xy\n"

private let redactor = Redactor()

struct RedactorTests {
    static let positives: [(text: String, expected: String)] = [
        // Shapes
        ("key \(aws) used", "key [redacted:aws-access-key] used"),
        ("ASIA" + "Y34FZKBOKMUTVV7A.", "[redacted:aws-access-key]."),
        ("AIza" + "SyA1234567890abcdefghijklmnopqrstuv", "[redacted:google-key]"),
        ("tok ya29." + "a0AfH6SMBx1234567890abcdef end", "tok [redacted:google-key] end"),
        (
            "AccountName=x;AccountKey=" + "Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA==;EndpointSuffix=core",
            "AccountName=x;AccountKey=[redacted:azure-key];EndpointSuffix=core"
        ),
        ("https://x.blob/c?sv=2020&sig=" + "abcDEF123%2Bxyz456ghi789%3D&se=1", "https://x.blob/c?sv=2020&sig=[redacted:azure-key]&se=1"),
        ("clone with \(github)", "clone with [redacted:github-token]"),
        ("github_pat_" + "11AAAAAAA0abcdefghijkl_mnopqrstuvwxyz", "[redacted:github-token]"),
        ("glpat-" + "abcDEF1234567890ghij", "[redacted:gitlab-token]"),
        ("(xoxb-" + "123456789012-abcdefABCDEF)", "([redacted:slack-token])"),
        (
            "https://hooks.slack.com/services/" + "T00000000/B00000000/XXXXXXXXXXXXXXXXXXXX",
            "https://hooks.slack.com/services/[redacted:slack-token]"
        ),
        ("sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc", "[redacted:stripe-key]"),
        ("npm_" + "abcdefghijklmnopqrstuvwxyz0123456789", "[redacted:npm-token]"),
        ("pypi-" + "AgEIcHlwaS5vcmcCJDAwMDAwMDAwLTAwMDA", "[redacted:pypi-token]"),
        ("SG." + "abcdefghijklmnopqrstuv.ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefg", "[redacted:sendgrid-key]"),
        ("SK" + "0123456789abcdef0123456789abcdef", "[redacted:twilio-key]"),
        ("sk-" + "proj-abcdefghijklmnopqrstuvwxyz0123456789", "[redacted:service-token]"),
        ("jwt=\(jwt) ok", "jwt=[redacted:jwt] ok"),
        ("eyJ" + "hbGciOiJIUzI1NiIsInR5", "[redacted:jwt]"),
        // Private keys: whole, escaped, cut at either end
        ("a \(begin)\n\(body)\(end) b", "a [redacted:private-key] b"),
        (#"{"k":"\#(begin)\n\#(body.replacing("\n", with: #"\n"#))\#(end)\n"}"#, #"{"k":"[redacted:private-key]\n"}"#),
        ("\(begin)\n\(body)", "[redacted:private-key]\n"),
        (#"x \#(begin)\nMIIEpAIBAAKCAQEA7bq0\nAoIBAQDtGx5v"#, #"x [redacted:private-key]\nAoIBAQDtGx5v"#),
        ("config: " + "MIIEpAIBAAKCAQEA7bq0Zk3x9QvLm2Tt", "config: [redacted:private-key]"),
        ("line: AoIBAQDtGx5v3Ck2w9Xy\nQ2w9XyZz==\n\(end)\nnext", "line: [redacted:private-key]\nnext"),
        (
            "-----BEGIN " + "OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END " + "OPENSSH PRIVATE KEY-----",
            "[redacted:private-key]"
        ),
        // URLs
        ("postgres://shop:s3cr3t@db:5432/shop", "postgres://shop:[redacted:url-password]@db:5432/shop"),
        ("redis://:hunter2@cache/0", "redis://:[redacted:url-password]@cache/0"),
        ("amqp://u:p@ss:w0rd@mq", "amqp://u:[redacted:url-password]@mq"),
        // Headers
        ("Authorization: Bearer abc123def456ghi", "Authorization: Bearer [redacted:authorization]"),
        (#""authorization":"Basic dXNlcjpwYXNz""#, #""authorization":"Basic [redacted:authorization]""#),
        ("-H 'Authorization: token 0123456789abcdef'", "-H 'Authorization: token [redacted:authorization]'"),
        (
            "Authorization: AWS4-HMAC-SHA256 Credential=x/2026, Signature=abc\nHost: y",
            "Authorization: AWS4-HMAC-SHA256 [redacted:authorization]\nHost: y"
        ),
        ("sent bearer 0123456789abcdef.xyz", "sent bearer [redacted:bearer-token]"),
        ("got Basic dXNlcjpwYXNzd29yZA==", "got Basic [redacted:basic-credentials]"),
        // Assignments
        ("password=hunter2", "password=[redacted:password]"),
        ("password = hunter2 next", "password = [redacted:password] next"),
        ("passwd: hunter2", "passwd: [redacted:password]"),
        ("password: correcthorse", "password: [redacted:password]"),
        (#"{"password":"hunter2","user":"ann"}"#, #"{"password":"[redacted:password]","user":"ann"}"#),
        (#"{"password": "with \"quotes\" in"}"#, #"{"password": "[redacted:password]"}"#),
        (#""{\"password\":\"hunter2\",\"user\":\"ann\"}""#, #""{\"password\":\"[redacted:password]\",\"user\":\"ann\"}""#),
        (#"{\\\"password\\\":\\\"hunter2\\\"}"#, #"{\\\"password\\\":\\\"[redacted:password]\\\"}"#),
        ("'db_password' => 'hunter2'", "'db_password' => '[redacted:password]'"),
        (#"password="cut off here"#, #"password="[redacted:password]"#),
        ("DB_PASSWORD=hunter2 PGPASSWORD=x1", "DB_PASSWORD=[redacted:password] PGPASSWORD=[redacted:password]"),
        ("MYSQL_PWD=/hunter2", "MYSQL_PWD=[redacted:password]"),
        ("Server=x;Uid=sa;Pwd=abc!1;", "Server=x;Uid=sa;Pwd=[redacted:password];"),
        ("mail_pass: abc", "mail_pass: [redacted:password]"),
        ("password_hash=$2b$12$abcdef", "password_hash=[redacted:password]"),
        ("user=ann&password=a%20b&x=1", "user=ann&password=[redacted:password]&x=1"),
        ("User(password=abc, name=ann)", "User(password=[redacted:password], name=ann)"),
        ("user=ann,password=abc,role=x", "user=ann,password=[redacted:password],role=x"),
        ("client_secret=abcdef", "client_secret=[redacted:secret]"),
        ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "aws_secret_access_key = [redacted:secret]"),
        (#""secret_access_key":"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY""#, #""secret_access_key":"[redacted:secret]""#),
        ("SECRET_KEY_BASE: 0a1b2c3d", "SECRET_KEY_BASE: [redacted:secret]"),
        ("api_key=abc123def", "api_key=[redacted:api-key]"),
        ("X-Api-Key: abc123def", "X-Api-Key: [redacted:api-key]"),
        ("apiKey: 'abc123def'", "apiKey: '[redacted:api-key]'"),
        ("token=0123abcd", "token=[redacted:token]"),
        (#""access_token":"abcdefghijklmnopqrstu""#, #""access_token":"[redacted:token]""#),
        ("GET /x?access_token=0123abcd HTTP/1.1", "GET /x?access_token=[redacted:token] HTTP/1.1"),
        ("password=über-geheim ok", "password=[redacted:password] ok"),
        // Command lines, SQL, XML
        ("tool --password hunter2 --verbose", "tool --password [redacted:password] --verbose"),
        ("tool --db-password 'hunter2'", "tool --db-password '[redacted:password]'"),
        ("tool --token abc", "tool --token [redacted:password]"),
        ("mysqldump -u root -phunter2 shop", "mysqldump -u root -p[redacted:password] shop"),
        ("curl -s -u ann:hunter2 https://x", "curl -s -u ann:[redacted:password] https://x"),
        ("CREATE USER a IDENTIFIED BY 'hunter2'", "CREATE USER a IDENTIFIED BY '[redacted:password]'"),
        ("ALTER ROLE a WITH PASSWORD 'hunter2';", "ALTER ROLE a WITH PASSWORD '[redacted:password]';"),
        ("<db:password>hunter2</db:password>", "<db:password>[redacted:password]</db:password>"),
        // Cards
        ("paid with \(card).", "paid with [redacted:card-number]."),
        ("4111" + "111111111111", "[redacted:card-number]"),
        ("card=5500-0000-" + "0000-0004,", "card=[redacted:card-number],"),
        ("3782 822463 " + "10005", "[redacted:card-number]"),
        ("on 2026-11-22 6011" + "111111111117 was charged 12", "on 2026-11-22 [redacted:card-number] was charged 12"),
        // More than one
        ("\(aws) and \(github) and password=x", "[redacted:aws-access-key] and [redacted:github-token] and password=[redacted:password]"),
    ]

    @Test(arguments: positives.indices) func `a secret is taken out`(index: Int) {
        let (text, expected) = Self.positives[index]
        let redacted = redactor.redact(text)
        #expect(redacted.text == expected)
        #expect(!redacted.counts.isEmpty)
        #expect(redactor.redact(redacted.text) == RedactedText(text: redacted.text))
    }

    static let negatives = [
        "", "a", "password reset page", "the password is wrong", "Invalid password: must be at least 8 characters",
        "password: expired, please reset",
        "wrong password for user ann", "passwordless login", "password_reset_url=https://x/y", "password=", "password=null",
        "password=\"\"",
        "password=****", "password=${DB_PASSWORD}", "password=$DB_PASSWORD", "password=<hidden>", "password=%s", "password=[FILTERED]",
        "password={{ vault }}",
        "password=<*>", "token=<*>", "token bucket", "token bucket: 5 left", "unexpected token: }", "unexpected token: EOF",
        "token_count=12345678",
        "max_tokens=512 tokens: 1024", "tokenizer=unicode61", "token: expired", "next token is identifier", "secretary=ann smith",
        "secret santa",
        "PWD=/home/ann/shop", "pwd: /srv/app", "OLDPWD=/tmp", "api_key is missing", "api-key: required", "key=value", "keyboard=qwerty1",
        "monkey=abc123def",
        "Authorization: denied", "authorization failed for ann", "authorization required: yes", "bearer of bad news",
        "Bearer authentication", "basic authentication",
        "Basic functionality", "visual basic 6", "http://host:8080/path@2x.png", "http://host:8080/a?b=c@d", "mailto:ann@example.org",
        "git@github.com:a/b.git",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b", "550e8400-e29b-41d4-a716-446655440000",
        "trace_id=0af7651916cd43dd8448eb211c80319c span=b7ad6b7169203331",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "c29tZSBwbGFpbiB0ZXh0IGluIGJhc2UgNjQgdGhhdCBtZWFucyBub3RoaW5n",
        "2026-11-22 14:04:12.123456 1700000000000 1700000000000000", "20261122140412 20261122140412345", "order 4111111111111112",
        "order 1234567890123456",
        "4111-1111 1111-1111", "0.4111111111111111", "id4111111111111111x", "0000 0000 0000 0000", "4444444444444444", "eyJ", "eyJabc.def",
        "AKIA", "AKIAxyz",
        "ASIAN MARKETS OPEN", "ghp_short", "SKU0123456789", "npm_config_cache=/x", "npm_lifecycle_event", "sk-button-primary", "xoxo love",
        "SG.short",
        "-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIE\n-----END CERTIFICATE-----", "-----BEGIN PUBLIC KEY-----",
        "the PRIVATE KEY is missing",
        "glpat", "pypi-server started", "sign=abc", "design=modern", "--passive", "--token-ttl", "compass=north", "bypass=true",
        "PASS: TestCheckout (0.12s)",
        "test_pass=true", "<password></password>", "passport=X123", "a == b, secret == other", "user clicked \"forgot password\"",
        "level=info msg=\"auth ok\" access=granted",
    ]

    @Test(arguments: negatives) func `what is no secret stays`(text: String) {
        #expect(redactor.redact(text) == RedactedText(text: text))
    }

    @Test func `counts are by kind`() {
        #expect(redactor.redact("password=a password=b \(aws)").counts == ["password": 2, "aws-access-key": 1])
    }

    @Test func `personal data is taken out only when asked`() {
        let text = "ann.lee+x@mail.example.org from 203.0.113.7:443, 2001:db8::1 and ::1, 127.0.0.1, v1.2.3, 14:04:12, 300.1.1.1, fe80::1."
        #expect(redactor.redact(text).counts == [:])
        let both = Redactor(emails: true, addresses: true).redact(text)
        #expect(
            both.text
                == "[redacted:email] from [redacted:ip-address]:443, [redacted:ip-address] and ::1, 127.0.0.1, v1.2.3, 14:04:12, 300.1.1.1, [redacted:ip-address]."
        )
        #expect(both.counts == ["email": 1, "ip-address": 3])
        #expect(Redactor(emails: true).redact("a@b.de 8.8.8.8").text == "[redacted:email] 8.8.8.8")
    }

    @Test func `bytes that are not UTF-8 stay as they are`() throws {
        let bytes: [UInt8] = [0xFF, 0x20] + Array("password=x".utf8) + [0x20, 0xFE, 0]
        let redacted = try #require(bytes.withUnsafeBufferPointer { redactor.redact(bytes: $0) })
        #expect(redacted.bytes == [0xFF, 0x20] + Array("password=[redacted:password]".utf8) + [0x20, 0xFE, 0])
        #expect(([0xFF, 0xFE, 0] as [UInt8]).withUnsafeBufferPointer { redactor.redact(bytes: $0) == nil })
    }

    @Test(arguments: 0..<40) func `redacting twice is redacting once`(seed: UInt64) {
        var chance = SeededGenerator(seed: seed)
        let everything = Redactor(emails: true, addresses: true)
        let pieces =
            Self.positives.map(\.text) + Self.negatives + [
                " ", "\n", "\"", "'", "\\", "=", ":", "@", "//", "]", "[redacted:", "-----", "token", "password", "1", "é",
            ]
        for _ in 0..<100 {
            var text = (0..<Int.random(in: 1...6, using: &chance)).map { _ in pieces.randomElement(using: &chance) ?? "" }.joined()
            if Bool.random(using: &chance) {
                text = String(text.dropFirst(Int.random(in: 0...20, using: &chance)).dropLast(Int.random(in: 0...20, using: &chance)))
            }
            let once = everything.redact(text).text
            #expect(everything.redact(once) == RedactedText(text: once), "\(text.debugDescription)")
        }
    }

    @Test(arguments: 0..<20) func `a secret between any words is found`(seed: UInt64) {
        var chance = SeededGenerator(seed: seed)
        let words = [
            "order", "paid", "at", "14:04:12", "ü", "{", "}", "[x]", "42", "--", "//", "n/a", "(", ")", "\t", "<a>", "\\n", "\u{0}",
        ]
        for secret in [aws, github, jwt, card] {
            for _ in 0..<30 {
                let around = (0..<8).map { _ in words.randomElement(using: &chance) ?? "" }
                let text = around.prefix(4).joined(separator: " ") + " " + secret + " " + around.suffix(4).joined(separator: " ")
                #expect(!redactor.redact(text).text.contains(secret), "\(text.debugDescription)")
            }
        }
    }

    @Test(arguments: [
        String(repeating: "-----BEGIN PRIVATE KEY-----", count: 4_000),
        String(repeating: "A", count: 200_000) + "-----END PRIVATE KEY-----",
        String(repeating: "password=", count: 20_000), String(repeating: "eyJ", count: 50_000), String(repeating: "://a:", count: 30_000),
        String(repeating: "4", count: 200_000), String(repeating: "4111 ", count: 50_000), String(repeating: "token: \"", count: 20_000),
        "password=\"" + String(repeating: "\\\"", count: 100_000), String(repeating: "mysql ", count: 20_000),
        String(repeating: "curl -u ", count: 20_000),
        String(repeating: "<a", count: 60_000) + "password>", String(repeating: "a:", count: 80_000),
        String(repeating: "\\", count: 150_000) + "\"password",
        "secret" + String(repeating: "_key", count: 40_000), String(repeating: "basic AAAA", count: 20_000),
        String(repeating: "PRIVATE KEY-----", count: 10_000),
    ]) func `hostile repetition ends`(text: String) {
        let once = redactor.redact(text).text
        #expect(!once.isEmpty)
    }

    @Test(arguments: 0..<10) func `any bytes are survived`(seed: UInt64) {
        var chance = SeededGenerator(seed: seed)
        let everything = Redactor(emails: true, addresses: true)
        let alphabet = Array("passwordtokenAKIAeyJ-:=/@\"'\\ \n0123456789.[]{}<>".utf8) + [0, 0xC3, 0xBC, 0xFF]
        for _ in 0..<200 {
            let bytes = (0..<Int.random(in: 0...300, using: &chance)).map { _ in alphabet.randomElement(using: &chance) ?? 0 }
            _ = bytes.withUnsafeBufferPointer { everything.redact(bytes: $0) }
        }
    }
}

struct EventRedactionTests {
    func event(_ attributes: [String: JSONValue], body: String = "") -> Event {
        Event(
            source: .alerts, type: .alert, subject: "s", at: Instant(ms: 0), title: "key \(aws)", body: body,
            tags: ["token=0123abcd", "prod"],
            attributes: attributes, url: "https://u:pw@x/?access_token=0123abcd")
    }

    @Test func `every text of an event is cleaned and it is sealed anew`() {
        let dirty = event(
            ["note": "password=x", "nested": ["a": .array(["Bearer abc123def456", 7])], "n": 5, "flag": true], body: "secret: swordfish")
        let (clean, counts) = redactor.redact(dirty)
        #expect(clean.title == "key [redacted:aws-access-key]")
        #expect(clean.body == "secret: [redacted:secret]")
        #expect(clean.tags == ["token=[redacted:token]", "prod"])
        #expect(clean.url == "https://u:[redacted:url-password]@x/?access_token=[redacted:token]")
        #expect(
            clean.attributes == [
                "note": "password=[redacted:password]", "nested": ["a": .array(["Bearer [redacted:bearer-token]", 7])], "n": 5,
                "flag": true,
            ])
        #expect(counts == ["aws-access-key": 1, "secret": 1, "token": 2, "url-password": 1, "password": 1, "bearer-token": 1])
        #expect(clean.id == clean.contentID() && clean.id != dirty.id)
        #expect(clean.fingerprint == dirty.fingerprint)
    }

    @Test func `a value whose name says it is a secret goes as a whole`() {
        let names = [
            "password", "Password", "db_password", "DB-PASSWD", "api_key", "apiKey", "X-Api-Key", "client.secret", "access_token",
            "Authorization", "set-cookie",
        ]
        for name in names {
            let (clean, counts) = redactor.redact(event([name: "plain words", "list \(name)": .array(["a", ["b": 5]])]))
            #expect(clean.attributes[name]?.stringValue?.hasPrefix("[redacted:") == true, "\(name)")
            #expect(clean.attributes["list \(name)"]?.arrayValue?.first?.stringValue?.hasPrefix("[redacted:") == true, "\(name)")
            #expect(counts.values.reduce(0, +) >= 4)
        }
        let kept: [String: JSONValue] = [
            "passwords_tried": 3, "token_count": 5, "secretary": "ann", "key": "v", "password": .null, "has_token": true, "pwd": "",
        ]
        #expect(redactor.redact(event(kept)).0.attributes == kept)
    }

    @Test func `an event is redacted once`() {
        let once = redactor.redact(event(["password": "x", "jwt": .string(jwt), "card": .int(4_111_111_111_111_111)]))
        let twice = redactor.redact(once.0)
        #expect(twice.0 == once.0)
        #expect(twice.1 == [:])
        #expect(once.0.attributes["card"] == "[redacted:card-number]")
    }

    @Test func `a clean event stays the same, with the same id`() {
        let clean = Event(
            source: .git, type: .commit, subject: "9f86d08", at: Instant(ms: 0), title: "Fix the token bucket",
            attributes: ["files": .array([.array(["a.swift", 1, 2])])])
        #expect(redactor.redact(clean).0 == clean)
        #expect(redactor.redact(clean).1 == [:])
    }
}

struct TriggerTests {
    @Test func `every rule compiles and every trigger has its telling bytes`() {
        for rule in RedactionRules.shapes + RedactionRules.headers + RedactionRules.names + [RedactionRules.emails] {
            #expect(CompiledPattern(rule.pattern) != nil, "\(rule.kind)")
            for (literal, pair) in rule.triggers {
                let (whole, part) = rule.exact ? (literal, pair) : (literal.lowercased(), pair.lowercased())
                #expect(part.utf8.count == 2 && (whole.contains(part) || rule.kind == "stripe-key"), "\(rule.kind) \(literal) \(pair)")
            }
        }
    }

    @Test func `no secret slips past the triggers`() {
        // With every rule run on every text the results are the same.
        for (text, expected) in RedactorTests.positives { #expect(redactor.redact(text).text == expected) }
        for text in RedactorTests.positives.map({ $0.text.uppercased() }) {
            let once = redactor.redact(text)
            #expect(redactor.redact(once.text).counts == [:], "\(text)")
        }
    }
}
