// swift-tools-version: 6.2
import PackageDescription

/// Whole-module checks that every target keeps.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// The deterministic core: its loops run on one thread that owns all of the state, so the dynamic exclusivity
/// checks guard nothing there and cost a measured 2 to 3 times in the order book (docs/ARCHITECTURE.md).
let core: [SwiftSetting] = strict + [
    .unsafeFlags(["-enforce-exclusivity=unchecked", "-cross-module-optimization"], .when(configuration: .release))
]

/// The order book's small functions are inlined into their callers in other modules: calls alone cost a quarter of its
/// speed, and the compiler does it for no `package` declaration by itself (docs/ARCHITECTURE.md). The flag does not link for
/// two modules at once.
let orderBook: [SwiftSetting] = strict + [
    .unsafeFlags(["-enforce-exclusivity=unchecked", "-enable-cmo-everything"], .when(configuration: .release))
]

let collections = "swift-collections"

let package = Package(
    name: "suanpan",
    products: [.executable(name: "suanpan", targets: ["suanpan"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // The deterministic core: no Foundation, no async, no locks.
        .target(name: "Quantities", swiftSettings: core),
        .target(name: "Registry", dependencies: ["Quantities"], swiftSettings: core),
        .target(name: "CPrefetch"),
        .target(name: "Matching", dependencies: ["Quantities", "CPrefetch"], swiftSettings: orderBook),
        .target(name: "Ledger", dependencies: ["Quantities"], swiftSettings: core),
        .target(name: "Pricing", dependencies: ["Quantities"], swiftSettings: core),
        .target(name: "Settlement", dependencies: ["Quantities", "Ledger", "Pricing"], swiftSettings: core),
        .target(
            name: "Exchange",
            dependencies: [
                "Quantities", "Registry", "Matching", "Ledger", "Pricing", "Settlement",
                .product(name: "DequeModule", package: collections),
                .product(name: "HeapModule", package: collections),
            ],
            swiftSettings: core
        ),

        // The shells.
        .target(name: "Sequencer", dependencies: ["Exchange", "Matching", "Quantities", "Pricing"], swiftSettings: strict),
        .target(
            name: "Cryptography",
            dependencies: [.product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: strict
        ),
        .systemLibrary(name: "CLibpq", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .target(name: "Postgres", dependencies: ["CLibpq"], swiftSettings: strict),
        .target(
            name: "Migrations",
            path: "Migrations",
            resources: [
                .embedInCode("m0001_journal.sql"), .embedInCode("m0002_projections.sql"),
                .embedInCode("m0003_snapshots.sql"), .embedInCode("m0004_proofs.sql"), .embedInCode("m0005_audit_log.sql"),
                .embedInCode("m0006_pricing.sql"), .embedInCode("m0007_archive.sql"), .embedInCode("m0008_frame_domains.sql"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "Persistence",
            dependencies: [
                "Sequencer", "Exchange", "Ledger", "Matching", "Pricing", "Registry", "Quantities", "Postgres", "Cryptography",
                "Migrations",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),
        .target(name: "EmbeddedPostgres", swiftSettings: strict),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(
            name: "HTTPAPI",
            dependencies: [
                "CZlib",
                "Sequencer", "Exchange", "Quantities", "Registry", "Ledger", "Pricing", "Cryptography",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdHTTP2", package: "hummingbird"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
            ],
            resources: [.embedInCode("Assets/docs.html")],
            swiftSettings: strict
        ),
        .target(
            name: "Client",
            dependencies: [
                "Quantities",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "suanpan",
            dependencies: [
                "HTTPAPI", "Persistence", "EmbeddedPostgres", "Client", "Sequencer", "Exchange", "Matching",
                "Quantities", "Registry", "Ledger", "Pricing", "Settlement", "Cryptography", "Postgres", "Migrations",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),

        // Tests: one suite a type, helpers in TestSupport.
        .target(
            name: "TestSupport",
            dependencies: ["Quantities", "Matching", "Ledger", "Settlement", "Exchange", "Registry"],
            path: "Tests/TestSupport",
            swiftSettings: strict
        ),
        .testTarget(name: "QuantitiesTests", dependencies: ["Quantities", "TestSupport"], swiftSettings: strict),
        .testTarget(name: "RegistryTests", dependencies: ["Registry", "TestSupport"], swiftSettings: strict),
        .target(name: "CAllocationCount", path: "Tests/CAllocationCount"),
        .testTarget(
            name: "MatchingTests",
            dependencies: ["Matching", "CAllocationCount", "TestSupport"],
            swiftSettings: strict
        ),
        .testTarget(name: "LedgerTests", dependencies: ["Ledger", "Quantities", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "SettlementTests",
            dependencies: ["Settlement", "Pricing", "Ledger", "Quantities", "TestSupport"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ExchangeTests",
            dependencies: [
                "Exchange", "Quantities", "Registry", "Matching", "Ledger", "Pricing", "Settlement", "TestSupport", "CAllocationCount",
            ],
            swiftSettings: strict
        ),
        .testTarget(name: "PostgresTests", dependencies: ["Postgres", "EmbeddedPostgres"], swiftSettings: strict),
        .testTarget(
            name: "PersistenceTests",
            dependencies: [
                "Persistence", "EmbeddedPostgres", "Postgres", "Migrations", "Sequencer", "Exchange", "Quantities", "Ledger",
                "Pricing", "Registry", "Matching", "Cryptography", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "HTTPAPITests",
            dependencies: [
                "HTTPAPI", "Cryptography", "Exchange", "Sequencer", "Registry", "Ledger", "Pricing", "Quantities", "TestSupport",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "suanpanTests",
            dependencies: [
                "suanpan", "Client", "Quantities", "Exchange", "Matching", "Sequencer", "Persistence", "HTTPAPI", "EmbeddedPostgres",
                "Postgres", "TestSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict
        ),
    ],
    swiftLanguageModes: [.v6]
)
