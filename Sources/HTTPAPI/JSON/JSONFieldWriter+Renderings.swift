import Exchange
import Quantities

/// What a few records show otherwise than field by field.
///
/// Types are compared and not cast to a protocol: the comparison costs nothing where the coder is specialised, and a
/// cast would look up a conformance for every record of every answer.
extension JSONFieldWriter {
    /// Writes `value` in its own way, where it has one.
    @inline(__always)
    mutating func rendered<Value: Record>(_ value: inout Value) -> Bool {
        Self.lend(&value, as: Refusal.self) { refusal in
            object { Problem(refusal).writeMembers(to: &$0, requestID: nil) }
        } || Self.lend(&value, as: OrderBatchResult.self) { write(&$0) }
            || Self.lend(&value, as: MeterBatchResult.self) { write($0) }
            || Self.lend(&value, as: MoneyReceipt.self) { write($0) }
    }

    /// Lends a value as what it is, without a copy; answers whether it is that.
    @inline(__always)
    private static func lend<Value, Known>(_ value: inout Value, as type: Known.Type, _ body: (inout Known) -> Void) -> Bool {
        guard Value.self == Known.self else { return false }
        withUnsafeMutablePointer(to: &value) { value in
            value.withMemoryRebound(to: Known.self, capacity: 1) { body(&$0.pointee) }
        }
        return true
    }

    /// Either the receipt's members or the error, never nulls: a client asks which of them is there.
    private mutating func write(_ result: inout OrderBatchResult) {
        object { writer in
            if let error = result.error {
                writer.member("error", error)
            } else {
                writer.field("order", &result.order)
                writer.field("trades", &result.trades)
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
