import Exchange
import Ledger
import Quantities
import Sequencer

/// The forms in which all transfers are exported: one line each.
enum TransferText: Sendable {
    case csv
    case ndjson

    var contentType: String {
        switch self {
        case .csv: "text/csv; charset=utf-8; header=present"
        case .ndjson: "application/x-ndjson"
        }
    }

    /// The line before the first transfer.
    var heading: String {
        switch self {
        case .csv:
            "id,entry_set_id,debit_account,credit_account,asset,amount,kind,cause_kind,cause_id,sequence,time\r\n"
        case .ndjson: ""
        }
    }

    /// One transfer's line. No value holds a comma or a quotation mark.
    func line(_ posted: PostedTransfer, products: ProductIndex) -> [UInt8] {
        switch self {
        case .csv:
            let transfer = posted.transfer
            let fields = [
                "\(transfer.id)", "\(transfer.entrySet)", "\(transfer.debit)", "\(transfer.credit)", transfer.asset.code,
                MicrosSum(Int128(transfer.amount.rawValue)).description, transfer.kind.rawValue, transfer.cause.kind.rawValue,
                CauseText.text(transfer.cause), "\(posted.sequence)", "\(posted.time)",
            ]
            return Array((fields.joined(separator: ",") + "\r\n").utf8)
        case .ndjson:
            return JSONFieldWriter.text(TransferView(posted), products: products) + [10]
        }
    }
}

/// The identifiers of causes as text.
enum CauseText {
    static func text(_ cause: Cause) -> String {
        switch cause.kind {
        case .deposit: "\(DepositID(cause.id))"
        case .withdrawal: "\(WithdrawalID(cause.id))"
        case .trade: "\(TradeID(cause.id))"
        case .settlement, .decline, .correction: "\(DeliveryID(cause.id))"
        }
    }

    /// The number of an identifier's text, with the kinds of cause that have such identifiers; nil for any other text.
    static func cause(_ text: String) -> (id: Int64, kinds: [CauseKind])? {
        if let id = DepositID(text: text) { return (id.rawValue, [.deposit]) }
        if let id = WithdrawalID(text: text) { return (id.rawValue, [.withdrawal]) }
        if let id = TradeID(text: text) { return (id.rawValue, [.trade]) }
        if let id = DeliveryID(text: text) { return (id.rawValue, [.settlement, .decline, .correction]) }
        return nil
    }
}

/// The pages of an export, one read at a time. One task pulls them, one after the other; the actor is for the compiler.
actor TransferPages {
    private let call: Call
    private let filter: TransferFilter
    private let form: TransferText
    private var after: TransferID
    private var ready: [UInt8]?
    private var isLast = false

    private static let pageSize = 1_000

    init(call: Call, filter: TransferFilter, form: TransferText, after: TransferID) {
        self.call = call
        self.filter = filter
        self.form = form
        self.after = after
    }

    /// Reads the first page.
    func prepare() async throws(Problem) {
        ready = Array(form.heading.utf8) + (try await page())
    }

    /// The next piece, nil after the last.
    func next() async throws(Problem) -> [UInt8]? {
        if let first = ready {
            ready = nil
            if !first.isEmpty { return first }
        }
        if isLast { return nil }
        let piece = try await page()
        return piece.isEmpty ? nil : piece
    }

    private func page() async throws(Problem) -> [UInt8] {
        let (filter, start) = (filter, after)
        let found = try await call.archive { (archive, sequence) async throws(HistoryError) in
            try await archive.transfers(filter, after: start, limit: Self.pageSize, including: sequence)
        }
        if let last = found.last { after = last.transfer.id }
        isLast = found.count < Self.pageSize
        let products = call.products
        var text: [UInt8] = []
        text.reserveCapacity(found.count * 160)
        for posted in found { text += form.line(posted, products: products) }
        return text
    }
}
