import Exchange
import Quantities

/// What the core thread did in one turn, on its way to the journal. Its memory goes back to the core when the batch is committed.
struct Batch {
    var firstSequence: Int64 = 0
    var lastSequence: Int64 = 0
    var time = Timestamp()
    /// A run of stamped envelopes: each is copied here once and applied from here.
    var commands = BinaryEncoder()
    var output = ExchangeOutput()
    /// Called after the commit, in order, with nil; or with the error when there will be none.
    var answers: [@Sendable (SubmissionError?) -> Void] = []

    var hasCommands: Bool { lastSequence > 0 }
    /// What the frame weighs so far.
    var byteCount: Int { commands.bytes.count + output.results.bytes.count + output.events.bytes.count }

    /// Notes a command that was applied.
    mutating func note(_ applied: Applied) {
        if firstSequence == 0 { firstSequence = applied.sequence }
        lastSequence = applied.sequence
        time = applied.time
    }

    var frame: Frame {
        Frame(
            firstSequence: firstSequence, lastSequence: lastSequence, rulesVersion: Exchange.rulesVersion, time: time,
            commands: commands.bytes, results: output.results.bytes, events: output.events.bytes
        )
    }

    /// Forgets what is in it and keeps the memory.
    mutating func removeAll() {
        firstSequence = 0
        lastSequence = 0
        commands.removeAll()
        output.removeAll()
        answers.removeAll(keepingCapacity: true)
    }
}
