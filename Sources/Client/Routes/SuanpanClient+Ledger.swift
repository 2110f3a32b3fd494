import Quantities

extension SuanpanClient {
    /// `POST /v1/settlements`, operator: settles every hour that is due and ends by `through`.
    package func settle(through: Timestamp, idempotencyKey: String? = nil) async throws -> SettlementRun {
        try await submit(
            "POST", "/v1/settlements", ["through": through], idempotencyKey: idempotencyKey, timeoutSeconds: 600
        )
    }

    /// `GET /v1/settlements`.
    package func settlements() async throws -> [SettlementRun] { try await fetchAll("/v1/settlements") }

    /// `GET /v1/ledger/accounts`.
    package func ledgerAccounts() async throws -> [LedgerAccount] { try await fetchAll("/v1/ledger/accounts") }

    /// `GET /v1/ledger/transfers`, of one account and after one transfer where given.
    package func ledgerTransfers(account: String? = nil, after: String? = nil) async throws -> [LedgerTransfer] {
        try await fetchAll("/v1/ledger/transfers", [Query("account", account), Query("after", after)])
    }

    /// `GET /v1/ledger/trial_balance`, auditor or operator.
    package func trialBalance() async throws -> [TrialBalanceLine] {
        let page: Page<TrialBalanceLine> = try await fetch("/v1/ledger/trial_balance")
        return page.data
    }
}
