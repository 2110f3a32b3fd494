import Ledger
import Quantities
import TestSupport
import Testing

let dollarCode = Currency(unchecked: "USD")
let yuanCode = Currency(unchecked: "CNY")

/// A ledger with two assets and some participants with cash in the first.
struct LedgerScene: ~Copyable {
    var ledger = Ledger()
    var dollar: AssetIndex
    var yuan: AssetIndex
    var alice: AccountID
    var bob: AccountID

    init() {
        dollar = ledger.openAsset(dollarCode)
        yuan = ledger.openAsset(yuanCode)
        alice = ledger.openAccount(.cash(ParticipantID(1)), asset: dollar)
        bob = ledger.openAccount(.cash(ParticipantID(2)), asset: dollar)
        ledger.beginEntrySet(.deposit(DepositID(1)))
        ledger.post(debit: ledger.world(dollar), credit: alice, amount: .units(100), kind: .deposit)
        ledger.removeTransfers()
    }
}

@Suite("Ledger")
struct LedgerTests {
    @Test("assets are numbered in the order of first use, each with a world and a fee revenue account")
    func assets() {
        var scene = LedgerScene()
        #expect(scene.ledger.assets.currencies == [dollarCode, yuanCode])
        #expect(scene.ledger.openAsset(yuanCode) == scene.yuan)
        #expect(scene.ledger.account(scene.ledger.world(scene.yuan))?.owner == .world)
        #expect(scene.ledger.account(scene.ledger.feeRevenue(scene.yuan))?.owner == .feeRevenue)
        #expect(scene.ledger.assets.index(of: Currency(unchecked: "EUR")) == nil)
    }

    @Test("a cash account is found by participant and asset, and only there")
    func cashLookup() {
        var scene = LedgerScene()
        #expect(scene.ledger.cashAccount(ParticipantID(1), scene.dollar) == scene.alice)
        #expect(scene.ledger.cashAccount(ParticipantID(1), scene.yuan) == nil)
        #expect(scene.ledger.cashAccount(ParticipantID(900), scene.dollar) == nil)
        #expect(scene.ledger.cashAccount(.none, scene.dollar) == nil)
        let opened = scene.ledger.cashAccountOpening(ParticipantID(900), scene.yuan)
        #expect(scene.ledger.cashAccountOpening(ParticipantID(900), scene.yuan) == opened)
    }

    @Test("cash accounts stay found when more assets come than the index had room for")
    func widenedIndex() {
        var ledger = Ledger()
        var accounts: [AccountID] = []
        for number in 0..<11 {
            let asset = ledger.openAsset(Currency(unchecked: "AA" + String(UnicodeScalar(UInt8(65 + number)))))
            for participant in Int64(1)...3 {
                accounts.append(ledger.openAccount(.cash(ParticipantID(participant)), asset: asset))
            }
        }
        for number in 0..<11 {
            for participant in 1...3 {
                #expect(
                    ledger.cashAccount(ParticipantID(Int64(participant)), AssetIndex(UInt16(number)))
                        == accounts[number * 3 + participant - 1])
            }
        }
        #expect(ledger.firstBrokenInvariant() == nil)
    }

    @Test("a transfer debits one account and credits the other, with its number, kind and cause")
    func posting() {
        var scene = LedgerScene()
        scene.ledger.beginEntrySet(.trade(TradeID(7)))
        let escrow = scene.ledger.openAccount(
            .escrow(ContractKey(product: ProductID(0), hour: Hour(100))), asset: scene.dollar)
        let transfer = scene.ledger.post(debit: scene.alice, credit: escrow, amount: .units(30), kind: .notional)
        let expected = Transfer(
            id: TransferID(2), entrySet: EntrySetID(2), debit: scene.alice, credit: escrow, asset: dollarCode,
            amount: .units(30), kind: .notional, cause: .trade(TradeID(7)))
        #expect(transfer == expected)
        #expect(scene.ledger.transfers == [expected])
        #expect(scene.ledger.cash(scene.alice) == Balance(available: .units(70)))
        #expect(scene.ledger.balance(of: escrow) == 30_000_000)
        #expect(scene.ledger.account(escrow)?.credits == 30_000_000)
    }

    @Test("transfers of one command share an entry set, and a command without transfers uses no number")
    func entrySets() {
        var scene = LedgerScene()
        scene.ledger.beginEntrySet(.trade(TradeID(1)))
        #expect(scene.ledger.entrySet == nil)
        scene.ledger.removeTransfers()
        #expect(scene.ledger.lastEntrySet == EntrySetID(1))
        scene.ledger.beginEntrySet(.trade(TradeID(2)))
        let first = scene.ledger.post(debit: scene.alice, credit: scene.bob, amount: Micros(1), kind: .correction)
        scene.ledger.setCause(.trade(TradeID(3)))
        let second = scene.ledger.post(debit: scene.alice, credit: scene.bob, amount: Micros(1), kind: .correction)
        #expect(first.entrySet == EntrySetID(2) && second.entrySet == EntrySetID(2))
        #expect(first.cause == .trade(TradeID(2)) && second.cause == .trade(TradeID(3)))
        #expect(second.id.rawValue == first.id.rawValue + 1)
        scene.ledger.removeTransfers()
        #expect(scene.ledger.transfers.isEmpty && scene.ledger.entrySet == nil)
    }

    @Test("a payment from a reservation leaves what is available alone")
    func spendingReserved() throws {
        var scene = LedgerScene()
        try scene.ledger.reserve(scene.alice, .units(40))
        scene.ledger.beginEntrySet(.trade(TradeID(1)))
        scene.ledger.spendReserved(debit: scene.alice, credit: scene.bob, amount: .units(15), kind: .correction)
        #expect(scene.ledger.cash(scene.alice) == Balance(available: .units(60), reserved: .units(25)))
        scene.ledger.release(scene.alice, .units(25))
        #expect(scene.ledger.cash(scene.alice) == Balance(available: .units(85)))
        #expect([.units(85), .units(86)].map { scene.ledger.canReserve(scene.alice, $0) } == [true, false])
        #expect(throws: Balance.Refusal.insufficientFunds(shortfall: .units(1))) {
            try scene.ledger.reserve(scene.alice, .units(86))
        }
    }

    @Test("nothing is posted for an amount of zero where the caller allows it")
    func postIfPositive() {
        var scene = LedgerScene()
        scene.ledger.beginEntrySet(.trade(TradeID(1)))
        #expect(scene.ledger.postIfPositive(debit: scene.alice, credit: scene.bob, amount: .zero, kind: .correction) == nil)
        #expect(scene.ledger.entrySet == nil)
        #expect(scene.ledger.postIfPositive(debit: scene.alice, credit: scene.bob, amount: Micros(1), kind: .correction) != nil)
    }

    @Test("all money of an asset together stays within the limit, whoever holds it")
    func depositLimit() {
        let scene = LedgerScene()
        let room = Micros.limit - .units(100)
        let amounts = [room, room + Micros(1), Micros(.max)]
        #expect(amounts.map { scene.ledger.canDeposit(scene.dollar, $0) } == [true, false, false])
        #expect(amounts.map { scene.ledger.canDeposit(scene.yuan, $0) } == [true, true, false])
        #expect([scene.bob, scene.alice].map { scene.ledger.canCredit($0, .limit) } == [true, false])
    }

    @Test("an escrow account that is empty closes, and its place serves the next account")
    func closing() {
        var scene = LedgerScene()
        let key = ContractKey(product: ProductID(0), hour: Hour(100))
        let escrow = scene.ledger.openAccount(.escrow(key), asset: scene.dollar)
        scene.ledger.beginEntrySet(.trade(TradeID(1)))
        scene.ledger.post(debit: scene.alice, credit: escrow, amount: .units(5), kind: .notional)
        scene.ledger.post(debit: escrow, credit: scene.bob, amount: .units(5), kind: .proceeds)
        scene.ledger.removeTransfers()
        let before = scene.ledger.trialBalance()
        scene.ledger.closeEscrow(escrow)
        #expect(scene.ledger.account(escrow) == nil)
        #expect(scene.ledger.trialBalance() == before)
        let next = scene.ledger.openAccount(.escrow(key), asset: scene.dollar)
        #expect(next.rawValue == escrow.rawValue + 1)
        #expect(scene.ledger.balance(of: next) == 0)
        #expect(scene.ledger.accounts(after: .none, limit: 100).map(\.id).contains(escrow) == false)
        #expect(scene.ledger.firstBrokenInvariant() == nil)
    }

    @Test("the trial balance sums every asset on its own, in the order of first use")
    func trialBalance() {
        var scene = LedgerScene()
        scene.ledger.beginEntrySet(.deposit(DepositID(2)))
        let carol = scene.ledger.openAccount(.cash(ParticipantID(3)), asset: scene.yuan)
        scene.ledger.post(debit: scene.ledger.world(scene.yuan), credit: carol, amount: Micros(5), kind: .deposit)
        #expect(scene.ledger.trialBalance() == [
            TrialBalanceLine(asset: dollarCode, debits: 100_000_000, credits: 100_000_000),
            TrialBalanceLine(asset: yuanCode, debits: 5, credits: 5),
        ])
        #expect(scene.ledger.trialBalance()[0].debits.description == "100.000000")
    }

    @Test("an overdraft of cash, escrow or fee revenue traps, as does a transfer of nothing, to itself, or between assets")
    func defects() async {
        await #expect(processExitsWith: .failure) {
            var scene = LedgerScene()
            scene.ledger.post(debit: scene.bob, credit: scene.alice, amount: Micros(1), kind: .correction)
        }
        await #expect(processExitsWith: .failure) {
            var scene = LedgerScene()
            let fees = scene.ledger.feeRevenue(scene.dollar)
            scene.ledger.post(debit: fees, credit: scene.alice, amount: Micros(1), kind: .correction)
        }
        await #expect(processExitsWith: .failure) {
            var scene = LedgerScene()
            scene.ledger.post(debit: scene.alice, credit: scene.bob, amount: .zero, kind: .correction)
        }
        await #expect(processExitsWith: .failure) {
            var scene = LedgerScene()
            scene.ledger.post(debit: scene.alice, credit: scene.alice, amount: Micros(1), kind: .correction)
        }
        await #expect(processExitsWith: .failure) {
            var scene = LedgerScene()
            let world = scene.ledger.world(scene.yuan)
            scene.ledger.post(debit: scene.alice, credit: world, amount: Micros(1), kind: .withdrawal)
        }
    }
}
