import Model
import TestKit
import Testing

@testable import Signals

@Suite struct LineMaskerTests {
    /// The masked text of a message.
    static func pattern(_ message: String) -> String {
        let masker = LineMasker()
        let bytes = Array(message.utf8)
        return bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return "" }
            _ = masker.key(base, 0, buffer.count, limit: buffer.count)
            return String(decoding: masker.pattern(of: base), as: UTF8.self)
        }
    }
    static func key(_ message: String) -> UInt64 {
        let bytes = Array(message.utf8)
        return bytes.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.map { LineMasker().key($0, 0, buffer.count, limit: buffer.count) } ?? 0
        }
    }

    static let valuePairs: [(String, String)] = [
        ("7", "123456"), ("-3", "42"), ("3.14", "0.5"), ("1,024", "9,999"), ("99%", "1.5%"), ("1e9", "2.5e-3"), ("$12.50", "$7"),
        ("#12", "#8731"),
        ("0x7ffe12ab", "0xdeadbeef"), ("deadbeef01", "00c0ffee99"),
        ("d41d8cd98f00b204e9800998ecf8427e", "9e107d9d372bb6826bd81d3542a419d6"),
        ("7d3c1f", "a01b2c"), ("550e8400-e29b-41d4-a716-446655440000", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
        ("A1B2C3D4-0000-4000-8000-ABCDEFABCDEF", "550E8400-E29B-41D4-A716-446655440000"), ("/var/log/app.log", "/etc/hosts"),
        ("/api/v1/users/17", "/health"), ("./run/it", "../etc/passwd"), ("C:\\Windows\\x.dll", "D:\\data\\y\\z.txt"),
        ("src/main/App.swift", "lib/util/io.swift"),
        ("10.0.0.1", "192.168.254.17"), ("10.0.0.0/8", "192.168.0.0/16"), ("10.0.0.1:8080", "172.16.0.9:443"),
        ("fe80::1ff:fe23:4567:890a", "2001:db8::1"), ("::1", "::ffff:10.1.2.3"), ("00:1b:44:11:3a:b7", "de:ad:be:ef:00:01"),
        ("https://a.example/x?y=1", "http://10.0.0.1:80/"), ("postgres://db/orders", "redis://cache:6379/0"),
        ("ann@example.com", "bob.smith+tag@mail.example.org"),
        ("db.internal:5432", "cache.example.com:6379"), ("api.example.com", "www.shop.example.org"), ("Checkout.java:214", "Pool.java:9"),
        ("2026-11-22T14:04:12Z", "2025-01-01T00:00:00.123+02:00"), ("2026-11-22 14:04:12,123", "2026-11-23 09:00:00,001"),
        ("2026-11-22", "1999-12-31"),
        ("22/Nov/2026:14:04:12 +0000", "01/Jan/2025:00:00:00 +0100"), ("14:04:12", "9:05:00"), ("14:04:12.123", "23:59:59.999"),
        ("Wed Jul 27 10:59:53 2005", "Thu Jan 1 00:00:00 1970"), ("Jul 27 10:59:53", "Nov 2 01:02:03"), ("350ms", "1.25s"),
        ("2m30s", "1h5m"), ("512KB", "1.5GiB"), ("eth0", "eth17"),
        ("worker-1", "worker-23"), ("order_17", "order_9812"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOjF9.c2ln", "eyJhbGciOiJSUzI1NiJ9.eyJ4IjoyfQ.YWJjMQ"), ("aGVsbG8gd29ybGQ=", "Zm9vYmFyMTIz"),
        ("key=\"some words\"", "key=\"\""), ("key='it is'", "key='17'"), ("id=null", "id=17"), ("1 2 3 4 5 6", "1 2 3 4 5 6 7 8"),
        ("[1, 2, 3, 4, 5]", "[9, 8, 7, 6, 5, 4, 3]"),
        ("v1.2.3", "v10.0.1-rc.2"), ("1/3", "17/20"),
    ]

    /// Words are scanned eight bytes at a time where the buffer reaches on, and one by one at its end.
    @Test(arguments: [
        "undefined", "value=undefined", "value=undefine", "connection", "connection:", "connections: 7", "connection-pool",
        "connectionPool",
        "acknowledgement sent", "acknowledgementsAndMore", "naïvelyaccented", "accented\u{e9}", "accepted", "accepted:8", "ACCEPTED",
        "Monday",
        "10.0.0.1", "10.0.0.1:80", "10.0.0.1/8", "10.0.0.1://x", "10.0.0.1.5", "10.0.0", "1000.0.0.1", "10..0.1", "10.0.0.1x", "10.0.0.1.",
    ])
    func `what follows a message in memory does not change its leaf`(message: String) {
        let alone = Array(message.utf8)
        for follower in ["                ", "abcdefghijklmnop", "0123456789012345", "::::::::::::::::"] {
            let longer = alone + Array(follower.utf8)
            let masker = LineMasker()
            let (key, pattern) = longer.withUnsafeBufferPointer { buffer -> (UInt64, String) in
                guard let base = buffer.baseAddress else { return (0, "") }
                let key = masker.key(base, 0, alone.count, limit: longer.count)
                return (key, String(decoding: masker.pattern(of: base), as: UTF8.self))
            }
            #expect(key == Self.key(message))
            #expect(pattern == Self.pattern(message))
        }
    }

    @Test(arguments: valuePairs)
    func `two messages that differ only in a value have the same leaf`(first: String, second: String) {
        for frame in ["request X took too long", "X", "open (X) failed", "value=X; retry", "\"X\" was refused.", "got X."] {
            let left = frame.replacing("X", with: first)
            let right = frame.replacing("X", with: second)
            #expect(Self.pattern(left) == Self.pattern(right))
            #expect(Self.key(left) == Self.key(right), "\(left) | \(right)")
        }
    }

    @Test(arguments: [
        ("connection refused", "connection reset"), ("GET orders", "POST orders"), ("user logged in", "user logged out"),
        ("state=open", "state=closed"),
        ("PoolTimeout", "PoolClosed"), ("a b", "ab"), ("eth0 up", "wlan0 up"), ("no-op done", "noop done"), ("cache hit", "cache miss"),
        ("and/or", "either/or"),
    ])
    func `different words stay different leaves`(first: String, second: String) {
        #expect(Self.pattern(first) != Self.pattern(second))
        #expect(Self.key(first) != Self.key(second))
    }

    @Test(arguments: [
        ("PoolTimeout: no connection within 3000 ms", "PoolTimeout: no connection within <*> ms"),
        ("payments answered 503 in 2.5s", "payments answered <*> in <*>"), ("link eth0 is   down!", "link eth<*> is down!"),
        ("from 10.0.0.1:443 user=root", "from <*>:<*> user=root"), ("\u{1b}[31mfailed\u{1b}[0m twice", "failed twice"), ("", ""),
        ("see https://x.example/a, then", "see <*>, then"), ("com.acme.Order created", "com.acme.Order created"),
        ("a.b.c is set", "a.b.c is set"),
    ])
    func `patterns read like the message`(message: String, pattern: String) {
        #expect(Self.pattern(message) == pattern)
    }

    @Test func `equal keys and equal patterns go together over random messages`() {
        var chance = SeededGenerator(seed: 7)
        let parts = [
            "a", "bc", "eth0", "17", "0x1f", ":", "=", "\"", "'", " ", "  ", ".", "/", "::", "1:2:3", "ab:cd", "Mon", "Jan 1 ", "10:20",
            "-", "null", "é", "\u{1b}[1m",
        ]
        var patterns: [UInt64: String] = [:]
        for _ in 0..<8_000 {
            var message = ""
            for _ in 0..<Int.random(in: 0...9, using: &chance) { message += parts[Int.random(in: 0..<parts.count, using: &chance)] }
            let pattern = Self.pattern(message)
            #expect(patterns[Self.key(message), default: pattern] == pattern, "\(message)")
            patterns[Self.key(message)] = pattern
        }
    }

    @Test func `what stands behind a message in its buffer does not show`() {
        let masker = LineMasker()
        for (first, _) in Self.valuePairs {
            let message = Array("pool \(first) is gone \(first)".utf8)
            let alone = message.withUnsafeBufferPointer { buffer in
                buffer.baseAddress.map { masker.key($0, 0, buffer.count, limit: buffer.count) }
            }
            for behind in ["abcdefghij", " 17", ":x", "=", "\n", "12345678"] {
                let longer = message + Array(behind.utf8)
                let inside = longer.withUnsafeBufferPointer { buffer in
                    buffer.baseAddress.map { masker.key($0, 0, message.count, limit: buffer.count) }
                }
                #expect(inside == alone, "\(first)")
            }
        }
    }

    @Test func `any bytes are masked without harm`() {
        var chance = SeededGenerator(seed: 11)
        let masker = LineMasker()
        for round in 0..<1_500 {
            let interesting: [UInt8] = [
                0x3a, 0x2e, 0x2f, 0x3d, 0x22, 0x27, 0x20, 0x1b, 0x5b, 0x5c, 0x30, 0x39, 0x61, 0xff, 0xc3, 0x00, 0x2d, 0x40, 0x2c,
            ]
            let bytes = (0..<Int.random(in: 1...(round % 10 == 0 ? 9_000 : 60), using: &chance)).map { _ in
                interesting.randomElement(using: &chance) ?? 0
            }
            bytes.withUnsafeBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return }
                #expect(masker.key(base, 0, buffer.count, limit: buffer.count) != 0)
                #expect(masker.pattern(of: base).count <= buffer.count * 3 + 4)
            }
        }
    }
}
