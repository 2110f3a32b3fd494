import Exchange
import Quantities

/// What the core thread did in one turn, on its way to the journal.
struct Batch {
    var firstSequence: Int64 = 0
    var lastSequence: Int64 = 0
    var time = Timestamp()
    var commands = BinaryEncoder()
    var output = ExchangeOutput()
    /// Called after the commit, in order, with nil; or with the error when there will be none.
    var answers: [@Sendable (SubmissionError?) -> Void] = []

    var hasCommands: Bool { lastSequence > 0 }
    /// What the frame weighs so far.
    var byteCount: Int { commands.bytes.count + output.results.bytes.count + output.events.bytes.count }

    /// Notes a command that was applied.
    mutating func add(_ envelope: Envelope, _ outcome: Outcome) {
        if firstSequence == 0 { firstSequence = outcome.sequence }
        lastSequence = outcome.sequence
        time = envelope.time
        commands.append(envelope)
    }

    var frame: Frame {
        Frame(
            firstSequence: firstSequence, lastSequence: lastSequence, rulesVersion: Exchange.rulesVersion, time: time,
            commands: commands.bytes, results: output.results.bytes, events: output.events.bytes
        )
    }
}
