import HTTPAPI
import Testing

@Suite struct CanonicalJSONTests {
    private func canonical(_ text: String, nulls: CanonicalJSON.NullMembers = .kept) throws -> String? {
        try CanonicalJSON.text(of: JSONDocument(parsing: Array(text.utf8)), nulls: nulls).map { String(decoding: $0, as: UTF8.self) }
    }

    private func canonical(_ text: String, leavingOut omitted: StaticString) throws -> String? {
        try CanonicalJSON.text(of: JSONDocument(parsing: Array(text.utf8)), leavingOut: omitted).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(
        "the canonical form is that of RFC 8785",
        arguments: [
            ("{}", "{}"), (" [ 1 , true ,null,\"a\" ] ", "[1,true,null,\"a\"]"), ("{\"b\":1,\"a\":2}", "{\"a\":2,\"b\":1}"),
            ("{\"a\":{\"d\":[],\"c\":{}}}", "{\"a\":{\"c\":{},\"d\":[]}}"), ("-0", "0"), ("[9007199254740991]", "[9007199254740991]"),
            (#""\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/""#, #""€$\u000f\nA'B\"\\\\\"/""#), ("\"\\u0008\\t\\f\\r\\u001f\"", #""\b\t\f\r\u001f""#),
            // The order of RFC 8785, section 3.2.3: by UTF-16 code units.
            (
                #"{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew","1":"One","\ud83d\ude00":"Emoji","\u0080":"Control","\u00f6":"Latin"}"#,
                "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u{80}\":\"Control\",\"ö\":\"Latin\",\"€\":\"Euro Sign\",\"😀\":\"Emoji\",\"\u{fb33}\":\"Hebrew\"}"
            ),
        ])
    func writes(_ text: String, _ expected: String) throws { #expect(try canonical(text) == expected) }

    @Test("a number that is no exact whole number has no canonical form here", arguments: ["1.5", "1.0", "1e2", "9007199254740992", "-9007199254740992", "99999999999999999999"])
    func refuses(_ text: String) throws { #expect(try canonical(text) == nil) }

    @Test("a name is left out at the top and nowhere else")
    func leavesOut() throws {
        #expect(try canonical("{\"signature\":\"s\",\"a\":{\"signature\":1}}", leavingOut: "signature") == "{\"a\":{\"signature\":1}}")
        #expect(try canonical("{\"\\u0073ignature\":\"s\"}", leavingOut: "signature") == "{}")
    }

    @Test("members that are null are left out where that is asked for, at every depth; elements of lists never")
    func leavesOutNulls() throws {
        let text = #"{"b":null,"a":{"d":null,"c":[null,{"e":null,"f":1}]}}"#
        #expect(try canonical(text) == #"{"a":{"c":[null,{"e":null,"f":1}],"d":null},"b":null}"#)
        #expect(try canonical(text, nulls: .leftOut) == #"{"a":{"c":[null,{"f":1}]}}"#)
    }

    @Test("two writings of one body have one canonical form")
    func ignoresWriting() throws {
        let first = try canonical("{\"hour\":\"2026-11-23T14:00:00Z\",\"sequence\":1}")
        let second = try canonical("{ \"sequence\" : 1,\n\"hour\":\"2026-11-23T14\\u003a00:00Z\"}")
        #expect(first == second)
    }
}
