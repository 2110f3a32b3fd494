import Ledger
import Matching
import Quantities
import Registry

extension Exchange {
    func addZone(_ zone: Zone, _ issuer: ParticipantID) throws(Refusal) -> Reply {
        _ = try actor(issuer, .operator)
        let added = try catalogue.add(zone, at: now)
        emit(.zone(added))
        return .zone(added)
    }

    func addComputeClass(_ computeClass: ComputeClass, _ issuer: ParticipantID) throws(Refusal) -> Reply {
        _ = try actor(issuer, .operator)
        let added = try catalogue.add(computeClass, at: now)
        emit(.computeClass(added))
        return .computeClass(added)
    }

    func addGrade(_ grade: Grade, _ issuer: ParticipantID) throws(Refusal) -> Reply {
        _ = try actor(issuer, .operator)
        let added = try catalogue.add(grade, at: now)
        emit(.grade(added))
        return .grade(added)
    }

    func addProduct(_ terms: ProductTerms, _ issuer: ParticipantID) throws(Refusal) -> Reply {
        _ = try actor(issuer, .operator)
        let added = try catalogue.add(terms, at: now)
        list(added, asset: asset(added.currency))
        noteTradingRules()
        emit(.product(added))
        noteListing(added)
        return .product(added)
    }

    /// Keeps what every order needs of a product that was listed.
    func list(_ product: Product, asset: AssetIndex) {
        var facts = ProductFacts(product, asset: asset)
        facts.isHalted = product.status == .halted
        productFacts.append(facts)
        feeVersions.append([])
        for _ in 0..<24 { hourPrices.append(HourPrices(reference: product.referencePrice, target: product.referencePrice, facts)) }
    }

    /// Puts other facts in a zone's place; contracts that are listed keep the old ones.
    func correctZone(_ zone: Zone, _ issuer: ParticipantID) throws(Refusal) -> Reply {
        _ = try actor(issuer, .operator)
        let corrected = try catalogue.correct(zone, at: now)
        forgetServedProducts()
        emit(.zone(corrected))
        return .zone(corrected)
    }

    /// Puts other facts in a class's place; contracts that are listed keep the old ones.
    func correctComputeClass(_ computeClass: ComputeClass, _ issuer: ParticipantID) throws(Refusal) -> Reply {
        _ = try actor(issuer, .operator)
        let corrected = try catalogue.correct(computeClass, at: now)
        forgetServedProducts()
        emit(.computeClass(corrected))
        return .computeClass(corrected)
    }

    func setNetworkPath(_ path: NetworkPath, _ issuer: ParticipantID) throws(Refusal) -> Reply {
        _ = try actor(issuer, .operator)
        let path = try catalogue.set(path, at: now)
        refreshStandingBids()
        emit(.networkPath(path))
        return .networkPath(path)
    }

    /// A correction may change which products take a resource: that is asked anew.
    private func forgetServedProducts() {
        refreshStandingBids()
        for index in 0..<resourceFacts.count { resourceFacts[index].served = 0 }
    }

    /// Whether trading goes on in a scope.
    enum TradingState {
        case halted
        case trading
    }

    /// Halts or resumes a contract, a product or the market. Asking for what is already so changes nothing.
    func setHalted(_ scope: TradingScope, to state: TradingState, _ issuer: ParticipantID) throws(Refusal) -> Reply {
        _ = try actor(issuer, .operator)
        let halted = state == .halted
        switch scope.kind {
        case .market:
            marketHalted = halted
        case .product:
            guard catalogue.contains(scope.product) else { throw Refusal(.notFound, "there is no such product") }
            productFacts[Int(scope.product.index)].isHalted = halted
            catalogue.setStatus(halted ? .halted : .active, of: scope.product)
            emit(.product(catalogue[scope.product]))
        case .contract:
            guard isListed(scope.contract) else { throw Refusal(.unknownContract, "no such contract") }
            guard now < gateTime(scope.contract) else { throw Refusal(.marketClosed, "the gate of \(symbol(scope.contract)) has closed") }
            // A contract that nobody touched is not halted: resuming it must not make it.
            if halted || contracts.index(of: scope.contract) != nil {
                let index = materialise(scope.contract)
                contracts[index].halted = halted
                if !halted { contracts[index].interruptedUntil = Timestamp() }
                noteAsks(in: index)
            }
        }
        if !halted { noteResumption(scope) }
        emit(halted ? .halt(scope) : .resume(scope))
        return .done
    }

    /// The ledger's number of the currency that a product trades in.
    func asset(of product: ProductID) -> AssetIndex { productFacts[Int(product.index)].asset }

    /// The currency that a product trades in.
    func currency(of product: ProductID) -> Currency { catalogue[product].currency }
}
