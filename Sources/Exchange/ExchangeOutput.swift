import Quantities

/// What a run of commands brought forth: the events' bytes for the journal, and the few that the shell's indices follow.
///
/// Reused from batch to batch, so that it stops allocating.
package struct ExchangeOutput {
    /// One result for each command in binary form: a `Reply`, or of an order an `OrderResult` behind its tag, or of a batch one for each
    /// order (`Exchange.writeResult`).
    package var results = BinaryEncoder()
    /// A run of `RecordedEvent`s in binary form.
    package var events = BinaryEncoder()
    package var eventCount = 0
    /// Changes of participants, keys and products.
    package var notices: [RecordedEvent] = []

    package init() {}

    /// Forgets what is in it and keeps the memory.
    package mutating func removeAll() {
        results.removeAll()
        events.removeAll()
        eventCount = 0
        notices.removeAll(keepingCapacity: true)
    }
}
