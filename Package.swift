// swift-tools-version: 6.1
import PackageDescription

// One direction only: caseboard → Pipeline → rooms → Model. Rooms are siblings and never import each other
// (Tests/TidyTests holds this). Each C library is called from one file or one folder.

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]
/// The hot readers and detectors are useless to a developer when unoptimised, and they are bounds-checked either way.
let hot: [SwiftSetting] = strict

func room(_ name: String, _ dependencies: [Target.Dependency] = [], settings: [SwiftSetting] = strict) -> Target {
    .target(name: name, dependencies: ["Model"] + dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(
        name: name, dependencies: dependencies + ["TestKit"], exclude: [], resources: resources, swiftSettings: strict)
}

let package = Package(
    name: "caseboard",
    products: [.executable(name: "caseboard", targets: ["caseboard"])],
    dependencies: [
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        // C libraries
        .systemLibrary(
            name: "CMarkdown", pkgConfig: "libcmark-gfm",
            providers: [.apt(["libcmark-gfm-dev", "libcmark-gfm-extensions-dev"])]),
        .systemLibrary(name: "CXML", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .target(name: "CSIMDJSON", cxxSettings: [.unsafeFlags([])], linkerSettings: [.linkedLibrary("simdjson")]),
        .target(name: "CAssets"),

        // Rooms
        .target(name: "Model", dependencies: ["CCrypto"], swiftSettings: strict),
        room("Formats", ["CXML", "CSIMDJSON", "CPCRE2", "CZlib", "CZstd"], settings: hot),
        room("Transport", ["CCurl"]),
        room(
            "Connectors",
            ["Formats", "Transport", .product(name: "Subprocess", package: "swift-subprocess")]),
        room("Signals", settings: hot),
        room("Correlation"),
        room(
            "Store",
            [.product(name: "GRDB", package: "GRDB.swift"), .product(name: "GRDBSQLite", package: "GRDB.swift")]),
        room("Rendering", ["CMarkdown"]),
        room("Delivery", ["Transport", .product(name: "Subprocess", package: "swift-subprocess")]),
        room("Trust", ["CPCRE2"]),
        room("DemoStory", [.product(name: "Subprocess", package: "swift-subprocess")]),
        .target(name: "Assets", dependencies: ["CAssets"], swiftSettings: strict),
        room(
            "Pipeline",
            [
                "Formats", "Transport", "Connectors", "Signals", "Correlation", "Store", "Rendering", "Delivery",
                "Trust", "Assets", "DemoStory", "Yams",
            ]),
        .executableTarget(
            name: "caseboard",
            dependencies: [
                "Model", "Pipeline", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: strict),
        .executableTarget(
            name: "CaseboardBenchmarks",
            dependencies: ["Model", "Formats", "Signals", "Store", "Rendering", "DemoStory", "Pipeline", "Assets"],
            swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
