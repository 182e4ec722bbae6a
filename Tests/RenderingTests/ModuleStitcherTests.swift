import Testing

@testable import Rendering

@Suite struct ModuleStitcherTests {
    private func stitch(_ modules: [String: String], entry: String = "js/main.js") throws -> String {
        try ModuleStitcher.stitch(entry: entry) { modules[$0] }
    }

    @Test func `modules are inlined once each, those that are imported first`() throws {
        let out = try stitch([
            "js/main.js": "import { b, c as d } from \"./lib/b.js\";\nimport * as all from \"./a.js\";\nb(d, all.a);\n",
            "js/lib/b.js": "import {a} from \"../a.js\";\nexport function b() { return a; }\nexport const c = 1;\n",
            "js/a.js": "export const a = 2;\n",
        ])
        #expect(
            out == """
                "use strict";
                const m0 = (() => { // js/a.js
                const a = 2;
                return Object.freeze({a});
                })();
                const m1 = (() => { // js/lib/b.js
                const {a} = m0;

                function b() { return a; }
                const c = 1;
                return Object.freeze({b, c});
                })();
                const m2 = (() => { // js/main.js
                const {b, c: d} = m1;
                const all = m0;


                b(d, all.a);
                return Object.freeze({});
                })();

                """)
    }

    @Test(arguments: [
        ("export {a as b, c};\nconst a = 1, c = 2;", "return Object.freeze({b: a, c});"),
        ("export default function go() {}", "return Object.freeze({default: go});"),
        ("export default {a: 1};", "const default_export = {a: 1};"),
        ("export async function go() {}", "return Object.freeze({go});"),
        ("export function* each() {}", "return Object.freeze({each});"),
        ("export class View extends Base {}", "return Object.freeze({View});"),
        ("const s = `\nexport const no = ${`\nimport x`} 1`;", "return Object.freeze({});"),
        ("/*\nexport const no = 1;\n*/", "return Object.freeze({});"),
        ("const r = /[/`'\"]\\//;\nexport const a = 1 / 2 / 3;", "return Object.freeze({a});"),
        ("if (a) /'/.test(a);\nexport const a = (b) / 2;", "return Object.freeze({a});"),
        ("const o = {\nimport: 1,\nexport: 2};", "return Object.freeze({});"),
        ("'it\\'s';\nexport const a = \"\\\\\";", "return Object.freeze({a});"),
    ])
    func `exports are found where they are statements and nowhere else`(_ source: String, _ expected: String) throws {
        #expect(try stitch(["js/main.js": source]).contains(expected))
    }

    @Test func `an export can pass on another module's`() throws {
        let out = try stitch(["js/main.js": "export {a as b} from \"./a.js\";", "js/a.js": "export const a = 1;"])
        #expect(out.contains("const {a: re0_0} = m0;") && out.contains("return Object.freeze({b: re0_0});"))
    }

    @Test(arguments: [
        (
            ["js/main.js": "import {x} from \"./no.js\";"],
            "js/main.js:1: no module is named `js/no.js`; imports are relative, as in `./time.js`"
        ),
        (
            ["js/main.js": "\nimport {x} from \"react\";"],
            "js/main.js:2: no module is named `react`; imports are relative, as in `./time.js`"
        ),
        (
            ["js/main.js": "import \"../../up.js\";"],
            "js/main.js:1: no module is named `../../up.js`; imports are relative, as in `./time.js`"
        ),
        (
            ["js/main.js": "import \"./a.js\";", "js/a.js": "import \"./main.js\";"],
            "js/main.js: modules import each other: js/main.js → js/a.js → js/main.js; move what both need to a third"
        ),
        (["js/main.js": "import {y} from \"./a.js\";", "js/a.js": "export const x = 1;"], "js/main.js:1: `js/a.js` does not export `y`"),
        (
            ["js/main.js": "1;\nexport let x = 1;"],
            "js/main.js:2: an export that can change cannot be inlined; export a `const` or a function that returns it"
        ),
        (
            ["js/main.js": "const x = await import(\"./a.js\");"],
            "js/main.js:1: `import()` cannot be inlined; a page opened from disk may load nothing; import it statically"
        ),
        (
            ["js/main.js": "export const {a, b} = c;"],
            "js/main.js:1: an export of a pattern cannot be inlined; declare the names one by one, or list them in `export {…}`"
        ),
        (["js/main.js": "\n`open"], "js/main.js:2: the template that begins here never ends"),
        (["js/main.js": "'open"], "js/main.js:1: the string that begins here never ends"),
    ])
    func `what cannot be inlined is refused with its line`(_ modules: [String: String], _ message: String) {
        let error = #expect(throws: StitchError.self) { try stitch(modules) }
        #expect(error?.description == message)
    }
}
