import Client
import Testing
import suanpan

@Suite("A scripted day")
struct DayScriptTests {
    @Test("refers to saved values in paths, inside strings and as whole values")
    func substitutes() throws {
        let saved: [String: JSONValue] = ["a": .string("x"), "n": .integer(7), "none": .null]
        let value = JSONValue.object(["p": .array([.string("-${a}-${n}"), .string("${n}"), .string("${none}"), .boolean(true)])])
        #expect(
            try DayScript.substitute(value, saved, line: 1)
                == .object(["p": .array([.string("-x-7"), .integer(7), .null, .boolean(true)])]))
        #expect(try DayScript.substitute("/v1/${a}/b", saved, line: 1) == "/v1/x/b")
    }

    @Test("refuses a reference to nothing or without an end", arguments: ["${b}", "x${none}", "${a", "${"])
    func refusesReferences(text: String) {
        let saved: [String: JSONValue] = ["a": .string("x"), "none": .null]
        #expect(throws: DayScript.Fault.self) { try DayScript.substitute(text, saved, line: 1) }
    }

    @Test("skips comments and blank lines and keeps line numbers")
    func numbersLines() throws {
        let text = "# c\n\n{\"as\":\"public\",\"method\":\"GET\",\"path\":\"/\",\"expect\":200}\n"
        #expect(try DayScript(parsing: Array(text.utf8)).steps.map(\.line) == [3])
    }

    @Test("refuses a line that is no step", arguments: [
        "x", "[]", "{}", #"{"as":"a","method":"GET"}"#, #"{"as":"a","method":"GET","path":"/","expekt":1}"#,
        #"{"as":"a","method":"GET","path":"/","expect":"200"}"#, #"{"as":"a","method":"GET","path":"/","save":{"x":1}}"#,
    ])
    func refusesLines(text: String) {
        #expect(throws: DayScript.Fault.self) { try DayScript(parsing: Array(text.utf8)) }
    }
}
