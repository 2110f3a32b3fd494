import Quantities

/// How the exchange's clock runs; a journal belongs to one mode for ever.
package enum ClockMode: String, Choice {
    case real
    case simulated
}

/// The first command: the operator, its key, the clock's mode.
package struct Genesis: Record {
    /// The version of the rules that this history is computed with.
    package var rulesVersion: Int32 = 1
    package var clockMode = ClockMode.real
    /// SHA-256 of the operator's first API key.
    package var operatorKeyHash = Bytes()

    package init() {}
    package init(rulesVersion: Int32, clockMode: ClockMode, operatorKeyHash: Bytes) {
        self.rulesVersion = rulesVersion
        self.clockMode = clockMode
        self.operatorKeyHash = operatorKeyHash
    }

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("rules_version", &rulesVersion)
        coder.field("clock_mode", &clockMode)
        coder.field("operator_key_hash", &operatorKeyHash)
    }
}

/// Time as a command: what is due until its envelope's time happens.
package struct PassTime: Record {
    /// 32 random bytes, drawn by the shell, that the nonces of deliveries are made of.
    package var entropy = Bytes()

    package init() {}
    package init(entropy: Bytes) { self.entropy = entropy }

    package mutating func fields<C: FieldCoder>(_ coder: inout C) { coder.field("entropy", &entropy) }
}
