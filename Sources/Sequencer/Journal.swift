import Exchange
import Quantities

/// Consecutive commands with all that came of them: what one transaction commits.
///
/// The bytes are the canonical binary form (`BinaryEncoder`): `commands` is a run of `Envelope`s, `results` a run of
/// results (`ExchangeOutput`), `events` a run of `RecordedEvent`s.
package struct Frame: Sendable, Equatable {
    package var firstSequence: Int64
    package var lastSequence: Int64
    /// The rules that the results were computed with.
    package var rulesVersion: Int32
    /// The time of the last command.
    package var time: Timestamp
    package var commands: [UInt8]
    package var results: [UInt8]
    package var events: [UInt8]

    /// What it weighs.
    package var byteCount: Int { commands.count + results.count + events.count }

    package init(
        firstSequence: Int64, lastSequence: Int64, rulesVersion: Int32, time: Timestamp, commands: [UInt8],
        results: [UInt8], events: [UInt8]
    ) {
        self.firstSequence = firstSequence
        self.lastSequence = lastSequence
        self.rulesVersion = rulesVersion
        self.time = time
        self.commands = commands
        self.results = results
        self.events = events
    }
}

/// Why the record cannot be written or read.
package enum JournalError: Error, Equatable {
    /// PostgreSQL is away for good, or the time to find it again ran out.
    case unavailable(String)
    /// Another server took over: this one must stop and acknowledge nothing more.
    case leaseLost(String)
    /// What is stored is not what was written; names the row.
    case damaged(String)
}

/// The record of everything: an append-only run of frames. Blocking; the sequencer's writer thread calls it.
package protocol Journal: AnyObject, Sendable {
    /// Commits the frame and returns when it is durable.
    ///
    /// A lost connection is the journal's to mend: it reconnects, finds out by the sequence numbers whether the frame is
    /// there, and goes on. It throws only where it gives up.
    func append(_ frame: Frame) throws(JournalError)

    /// As `append(_:)`; calls `meanwhile` once, before it waits for anybody: what it does goes on while the frame is being committed. It must not
    /// come back to the journal.
    func append(_ frame: Frame, meanwhile: () -> Void) throws(JournalError)

    /// Checks that this server still is the one writer, before reads are answered that no frame carries.
    func confirmLease() throws(JournalError)

    /// Shows whoever waits for the lease that this server lives, and looks whether it still has it; called while nothing is written.
    ///
    /// - Returns: Whether the record could be reached. Where it cannot, nothing is lost yet: the next call looks for it again.
    /// - Throws: `JournalError.leaseLost`, or what ended the journal before.
    func beat() throws(JournalError) -> Bool

    /// Hands every frame after `sequence` to `body`, in order, each checked against the chain of hashes.
    func replay(after sequence: Int64, _ body: (Frame) throws -> Void) throws
}

extension Journal {
    package func append(_ frame: Frame, meanwhile: () -> Void) throws(JournalError) {
        meanwhile()
        try append(frame)
    }
}
