/// Makes a failing script short: takes out ever smaller pieces as long as the rest still fails.
struct ScriptShrinker {
    /// A script that fails like `script` and from which no single step can be taken.
    static func shrink(_ script: [BookCommand], _ fails: ([BookCommand]) -> Bool) -> [BookCommand] {
        var script = script
        var length = max(1, script.count / 2)
        while true {
            var start = 0
            var hasShrunk = false
            while start < script.count {
                var shorter = script
                shorter.removeSubrange(start..<min(start + length, script.count))
                if fails(shorter) {
                    script = shorter
                    hasShrunk = true
                } else {
                    start += length
                }
            }
            if length == 1, !hasShrunk { return script }
            if !hasShrunk || length > script.count { length = max(1, length / 2) }
        }
    }
}
