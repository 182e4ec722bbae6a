import Formats
import Model
import Testing

struct StackTraceTests {
    private func frame(_ file: String, _ line: Int, _ function: String) -> StackFrame {
        StackFrame(file: file, line: line, function: function)
    }

    @Test func `Java's deepest cause and its frames`() throws {
        let summary = try #require(
            StackTrace.parse(
                """
                2026-11-22 10:00:00 ERROR [main] Cart: checkout failed
                com.acme.CheckoutException: could not pay
                \tat com.acme.Cart.pay(Cart.java:40)
                \tat com.acme.Web.handle(Web.java:12)
                Caused by: java.lang.IllegalStateException: no price for sku 7
                \tat com.acme.Price.of(Price.java:88)
                \tat sun.reflect.Foo.bar(Native Method)
                \t... 2 more
                """))
        #expect(summary.exception == "java.lang.IllegalStateException" && summary.message == "no price for sku 7")
        #expect(summary.frames == [frame("Price.java", 88, "com.acme.Price.of"), frame("", 0, "sun.reflect.Foo.bar")])
    }

    @Test func `Java's uncaught exception of a thread`() throws {
        let summary = try #require(
            StackTrace.parse("Exception in thread \"main\" java.lang.NullPointerException: x is null\n\tat a.B.c(B.java:1)"))
        #expect(summary.exception == "java.lang.NullPointerException" && summary.message == "x is null")
        #expect(summary.frames == [frame("B.java", 1, "a.B.c")])
    }

    @Test func `Python's last call comes first`() throws {
        let summary = try #require(
            StackTrace.parse(
                """
                Traceback (most recent call last):
                  File "/srv/web.py", line 10, in handle
                    return pay(cart)
                           ^^^^^^^^^
                  File "/srv/cart.py", line 42, in pay
                    raise PaymentError("declined: 51")
                shop.errors.PaymentError: declined: 51
                """))
        #expect(summary.exception == "shop.errors.PaymentError" && summary.message == "declined: 51")
        #expect(summary.frames == [frame("/srv/cart.py", 42, "pay"), frame("/srv/web.py", 10, "handle")])
    }

    @Test func `Python's chained exceptions end with the one that was raised`() throws {
        let summary = try #require(
            StackTrace.parse(
                "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\nKeyError: 'x'\n\nDuring handling of the above exception, another exception occurred:\n\n"
                    + "Traceback (most recent call last):\n  File \"b.py\", line 2, in g\nKeyboardInterrupt"))
        #expect(summary.exception == "KeyboardInterrupt" && summary.message == "" && summary.frames == [frame("b.py", 2, "g")])
    }

    @Test func `Go's panic and the first goroutine`() throws {
        let summary = try #require(
            StackTrace.parse(
                """
                panic: runtime error: index out of range [3] with length 3

                goroutine 1 [running]:
                runtime.gopanic({0x1, 0x2})
                \t/usr/local/go/src/runtime/panic.go:770 +0x132
                main.total({0xc000012345, 0x3, 0x3})
                \t/src/cart/total.go:12 +0x1d
                main.(*Cart).Pay(0xc0001)
                \t/src/cart/pay.go:40 +0x44
                created by main.main in goroutine 1
                \t/src/main.go:9 +0x20

                goroutine 7 [select]:
                main.other()
                \t/src/other.go:1 +0x1
                """))
        #expect(summary.exception == "panic" && summary.message == "runtime error: index out of range [3] with length 3")
        #expect(summary.frames == [frame("/src/cart/total.go", 12, "main.total"), frame("/src/cart/pay.go", 40, "main.(*Cart).Pay")])
    }

    @Test func `JavaScript in the server and in the browser`() throws {
        let summary = try #require(
            StackTrace.parse(
                """
                TypeError: Cannot read properties of undefined (reading 'price')
                    at total (/srv/cart.js:12:31)
                    at async Object.pay (file:///srv/pay.mjs:4:5)
                    at /srv/index.js:9:1
                    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)
                """))
        #expect(summary.exception == "TypeError" && summary.message == "Cannot read properties of undefined (reading 'price')")
        #expect(
            summary.frames.prefix(3) == [
                frame("/srv/cart.js", 12, "total"), frame("/srv/pay.mjs", 4, "async Object.pay"), frame("/srv/index.js", 9, ""),
            ])
        #expect(summary.frames.count == 4)
    }

    @Test func `Swift's fatal error and backtrace`() throws {
        let summary = try #require(
            StackTrace.parse(
                """
                Cart/Total.swift:10: Fatal error: Index out of range
                *** Program crashed: Illegal instruction at 0x1 ***
                Thread 0 "cart" crashed:
                0 _assertionFailure(_:_:file:line:flags:) + 100 in libswiftCore.so
                1 [ra] 0x0000aaaa total(_:) + 12 in cart at /src/Cart/Total.swift:10:5
                2 [ra] 0x0000bbbb static Main.main() + 40 in cart at /src/Cart/Main.swift:4:9
                """))
        #expect(summary.exception == "Fatal error" && summary.message == "Index out of range")
        #expect(
            summary.frames == [
                frame("Cart/Total.swift", 10, ""), frame("/src/Cart/Total.swift", 10, "total(_:)"),
                frame("/src/Cart/Main.swift", 4, "static Main.main()"),
            ])
    }

    @Test func `the innermost exception of .NET`() throws {
        let summary = try #require(
            StackTrace.parse(
                """
                Unhandled exception. System.InvalidOperationException: pay failed
                 ---> System.TimeoutException: bank is slow
                   at Acme.Bank.Ask(String id) in /src/Bank.cs:line 31
                   --- End of inner exception stack trace ---
                   at Acme.Cart.Pay()
                """))
        #expect(summary.exception == "System.TimeoutException" && summary.message == "bank is slow")
        #expect(summary.frames == [frame("/src/Bank.cs", 31, "Acme.Bank.Ask"), frame("", 0, "Acme.Cart.Pay")])
    }

    @Test func `Ruby's first line is a frame and names the exception`() throws {
        let summary = try #require(
            StackTrace.parse(
                "app/cart.rb:12:in `total': no price (Acme::PriceError)\n\tfrom app/pay.rb:4:in 'Pay#run'\n\tfrom bin/shop:1:in `<main>'"))
        #expect(summary.exception == "Acme::PriceError" && summary.message == "no price")
        #expect(summary.frames == [frame("app/cart.rb", 12, "total"), frame("app/pay.rb", 4, "Pay#run"), frame("bin/shop", 1, "<main>")])
    }

    @Test func `Rust's panics old and new`() throws {
        let new = try #require(
            StackTrace.parse(
                "thread 'main' panicked at src/cart.rs:12:9:\nno price for 7\nstack backtrace:\n   0: rust_begin_unwind\n   1: cart::total\n             at ./src/cart.rs:12:9"
            ))
        #expect(new.exception == "panic" && new.message == "no price for 7")
        #expect(new.frames == [frame("src/cart.rs", 12, ""), frame("./src/cart.rs", 12, "cart::total")])
        let old = try #require(StackTrace.parse("thread 'main' panicked at 'no price', src/cart.rs:12:9"))
        #expect(old.message == "no price" && old.frames == [frame("src/cart.rs", 12, "")])
    }

    @Test func `PHP's numbered frames`() throws {
        let summary = try #require(
            StackTrace.parse(
                "PHP Fatal: Uncaught RuntimeException: no price in /src/cart.php:3\nStack trace:\n#0 /src/pay.php(12): Cart->total(7)\n#1 {main}"
            ))
        #expect(summary.exception == "RuntimeException" && summary.frames == [frame("/src/pay.php", 12, "Cart->total")])
    }

    @Test(arguments: ["", "all is well", "ERROR: no route to host", "at last it works", "Errors: 3", "1 2 3", "from here to there"])
    func `ordinary text is no stack trace`(text: String) {
        #expect(StackTrace.parse(text) == nil)
    }

    @Test func `frames are bounded and the innermost are kept`() throws {
        let java = "a.B: x\n" + (0..<500).map { "\tat a.B.f\($0)(B.java:\($0 + 1))\n" }.joined()
        #expect(try #require(StackTrace.parse(java)).frames.count == Limits.stackFrames)
        #expect(try #require(StackTrace.parse(java)).frames.first?.line == 1)
        let python =
            "Traceback (most recent call last):\n" + (1...200).map { "  File \"a.py\", line \($0), in f\n" }.joined()
            + "RecursionError: deep\n"
        let summary = try #require(StackTrace.parse(python))
        #expect(summary.frames.count == Limits.stackFrames && summary.frames.first?.line == 200)
    }

    @Test(arguments: [
        "a.B.c(D.java:3)", "java.base/java.util.X$1.<init>(X-1.java:0012)", "c(D.java:0)", "c(D.java:123456789)", "c(D.java)", "c(:3)",
        "(D.java:3)", "c(D.java:3) ", "c(D.java:3:4)", "c(file:///d.js:3)", "c(Native Method)", "D.java:3", "c(d:in `x':3)",
        "panic: c(D:3)",
    ])
    func `a frame is read the same with one blank before it and with two`(frame: String) {
        func trace(_ blanks: String) -> [StackSummary?] {
            ["a.B: x\n\tat\(blanks)\(frame)\nCaused by: a.C: y\n\tat\(blanks)\(frame)", "goroutine 1 [running]:\nat\(blanks)\(frame)"].map {
                StackTrace.parse($0)
            } + [StackTrace.parse("Traceback (most recent call last):\n  File \"a.py\", line 3, in f\n\tat\(blanks)\(frame)\nE: x")]
        }
        #expect(trace(" ") == trace("  "))
    }

    @Test func `numbers too large for a line are no line`() {
        #expect(StackTrace.parse("Error: x\n    at f (a.js:99999999999999999999:1)")?.frames.first?.line != 99_999)
    }
}
