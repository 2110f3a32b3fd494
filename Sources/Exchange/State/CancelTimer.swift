import Quantities

/// One participant's dead-man switch.
///
/// A client refreshes it every few seconds. So that a refresh does not leave an entry in the due queue each time, one entry waits at a
/// time: when it comes up early, it is put back to the deadline of that moment.
struct CancelTimer: FieldValue {
    var participant = ParticipantID.none
    /// When the orders are cancelled; nil where it is disarmed.
    var deadline: Timestamp?
    /// The entry of the due queue that counts; never after the deadline. Others that may wait mean nothing.
    var entry: Timestamp?

    init() {}
    init(participant: ParticipantID) { self.participant = participant }

    mutating func code<C: FieldCoder>(_ coder: inout C) {
        participant.code(&coder)
        coder.optional(&deadline)
        coder.optional(&entry)
    }
}

extension DueQueue {
    /// A dead-man switch may have to fire.
    struct Alarm: Comparable, Sendable {
        var time: Timestamp
        var participant: ParticipantID
        static func < (left: Alarm, right: Alarm) -> Bool {
            left.time == right.time ? left.participant < right.participant : left.time < right.time
        }
    }
}

extension DueQueue.Alarm: FieldValue {
    init() { self.init(time: Timestamp(), participant: .none) }
    mutating func code<C: FieldCoder>(_ coder: inout C) {
        time.code(&coder)
        participant.code(&coder)
    }
}
