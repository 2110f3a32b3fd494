import Quantities

/// `POST /v1/cancel_all_after`: a dead-man switch. Unless it is refreshed in time, all of the caller's open orders are cancelled.
package struct CancelAllAfter: Record {
    /// 0 disarms.
    package var seconds: UInt32 = 0

    /// The longest time that can be asked for: a day.
    package static let longestSeconds: UInt32 = 86_400

    package init() {}
    package init(seconds: UInt32) { self.seconds = seconds }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) { coder.field("seconds", &seconds) }

    /// Bounds of the body.
    package func check() throws(Refusal) {
        guard seconds <= Self.longestSeconds else {
            throw .invalid("seconds", "must be 0 (disarms) or 1 to \(Self.longestSeconds)")
        }
    }
}

/// When a participant's open orders are cancelled.
package struct CancelTimerView: Record {
    /// When the answer was given.
    package var now = Timestamp()
    /// nil where the switch is disarmed.
    package var cancelAt: Timestamp?

    package init() {}
    package init(now: Timestamp, cancelAt: Timestamp?) {
        self.now = now
        self.cancelAt = cancelAt
    }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("now", &now)
        coder.field("cancel_at", &cancelAt)
    }
}
