import Exchange
import Quantities

/// What a few records show otherwise than field by field.
///
/// Types are compared and not cast to a protocol: the comparison costs nothing where the coder is specialised, and a
/// cast would look up a conformance for every record of every answer.
extension JSONFieldWriter {
    /// Writes `value` in its own way, where it has one.
    mutating func rendered<Value: Record>(_ value: Value) -> Bool {
        if Value.self == Refusal.self, let refusal = value as? Refusal {
            object { Problem(refusal).writeMembers(to: &$0, requestID: nil) }
        } else if Value.self == OrderBatchResult.self, let result = value as? OrderBatchResult {
            write(result)
        } else if Value.self == MeterBatchResult.self, let result = value as? MeterBatchResult {
            write(result)
        } else if Value.self == MoneyReceipt.self, let receipt = value as? MoneyReceipt {
            write(receipt)
        } else {
            return false
        }
        return true
    }

    /// Either the receipt's members or the error, never nulls: a client asks which of them is there.
    private mutating func write(_ result: OrderBatchResult) {
        object { writer in
            if let error = result.error {
                writer.member("error", error)
            } else {
                writer.member("order", result.order)
                writer.member("trades", result.trades)
            }
        }
    }

    private mutating func write(_ result: MeterBatchResult) {
        object { writer in
            if let error = result.error { writer.member("error", error) } else { writer.member("hash", result.hash) }
        }
    }

    /// A deposit's or a withdrawal's number is the answer's `id`.
    private mutating func write(_ receipt: MoneyReceipt) {
        object { writer in
            if let id = receipt.withdrawalID { writer.member("id", id) } else { writer.member("id", receipt.depositID) }
            writer.member("entry_set_id", receipt.entrySetID)
            writer.member("participant_id", receipt.participantID)
            writer.member("currency", receipt.currency)
            writer.member("amount", receipt.amount)
            writer.member("reference", receipt.reference)
            writer.member("created_at", receipt.createdAt)
        }
    }
}
