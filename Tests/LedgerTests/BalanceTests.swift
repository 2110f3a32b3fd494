import Ledger
import Quantities
import Testing

@Suite("Balance")
struct BalanceTests {
    @Test("a reservation moves money aside, a release brings it back, a capture spends it")
    func lifeOfAReservation() throws {
        var balance = Balance(available: .units(10))
        try balance.reserve(.units(4))
        #expect(balance == Balance(available: .units(6), reserved: .units(4)))
        balance.capture(.units(1))
        #expect(balance == Balance(available: .units(6), reserved: .units(3)))
        balance.release(.units(3))
        #expect(balance == Balance(available: .units(9)))
        #expect(balance.total == .units(9))
    }

    @Test("a reservation beyond what is available is refused with the shortfall and changes nothing")
    func refusal() {
        var balance = Balance(available: .units(10), reserved: .units(1))
        #expect(!balance.canReserve(Micros(10_000_001)))
        #expect(throws: Balance.Refusal.insufficientFunds(shortfall: Micros(1))) { try balance.reserve(Micros(10_000_001)) }
        #expect(balance == Balance(available: .units(10), reserved: .units(1)))
    }

    @Test("a balance takes money up to the limit and says before that it would pass it")
    func limit() {
        var balance = Balance(available: .limit - Micros(2), reserved: Micros(1))
        #expect(balance.canDeposit(Micros(1)) && !balance.canDeposit(Micros(2)) && !balance.canDeposit(Micros(.max)))
        balance.deposit(Micros(1))
        #expect(balance.total == .limit)
    }

    @Test("an overdraft traps")
    func overdraft() async {
        await #expect(processExitsWith: .failure) {
            var balance = Balance(available: .units(1))
            balance.withdraw(Micros(1_000_001))
        }
    }

    @Test("releasing more than was reserved traps")
    func overRelease() async {
        await #expect(processExitsWith: .failure) {
            var balance = Balance(available: .units(1), reserved: .units(1))
            balance.release(Micros(1_000_001))
        }
    }
}
