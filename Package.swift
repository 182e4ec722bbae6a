// swift-tools-version: 6.1
import PackageDescription

// One direction only: caseboard → Pipeline → rooms → Model. Rooms are siblings and never import each other
// (Tests/TidyTests holds this). Each C library is called from one file or one folder.

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]
func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: ["Model"] + dependencies, swiftSettings: strict)
}

func tests(_ room: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: "\(room)Tests", dependencies: ["Model", "TestKit"] + dependencies, path: "Tests/\(room)Tests", exclude: recordings(room),
        swiftSettings: strict)
}

/// Goldens and contracts are read from the checkout, not from a bundle.
func recordings(_ room: String) -> [String] {
    if room == "Connectors" { return ["Contracts"] }
    return ["Command", "Delivery", "Rendering", "Store"].contains(room) ? ["Goldens"] : []
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
        .systemLibrary(name: "CZip", pkgConfig: "libzip", providers: [.apt(["libzip-dev"])]),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        // GMime's own flags are more than SwiftPM lets through; what is needed of them is GLib's folders and GMime's.
        .systemLibrary(name: "CGLib", pkgConfig: "glib-2.0", providers: [.apt(["libgmime-3.0-dev"])]),
        .target(
            name: "CMail", dependencies: ["CGLib"], cSettings: [.unsafeFlags(["-isystem", "/usr/include/gmime-3.0"])],
            linkerSettings: [.linkedLibrary("gmime-3.0"), .linkedLibrary("gobject-2.0")]),
        .target(name: "CSIMDJSON", linkerSettings: [.linkedLibrary("simdjson")]),
        .target(name: "CArena"),
        .target(name: "CAssets"),

        // Rooms
        .target(name: "Model", dependencies: ["CCrypto"], swiftSettings: strict),
        room("Formats", ["CXML", "CSIMDJSON", "CPCRE2", "CZlib", "CZstd", "CZip", "CMail"]),
        room("Transport", ["CCurl", "CPostgres"]),
        room(
            "Connectors",
            ["Formats", "Transport", .product(name: "Subprocess", package: "swift-subprocess")]),
        room("Signals"),
        room("Correlation"),
        room(
            "Store",
            [.product(name: "GRDB", package: "GRDB.swift"), .product(name: "GRDBSQLite", package: "GRDB.swift")]),
        room("Rendering", ["CArena", "CMarkdown"]),
        room("Delivery", ["Transport", .product(name: "Subprocess", package: "swift-subprocess")]),
        room("Trust", ["CPCRE2"]),
        room("Accuracy"),
        room("DemoStory", [.product(name: "Subprocess", package: "swift-subprocess")]),
        room("LabelledCases", [.product(name: "Subprocess", package: "swift-subprocess")]),
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
            dependencies: [
                "Model", "Accuracy", "LabelledCases", "Formats", "Signals", "Correlation", "Store", "Rendering", "Pipeline", "Assets",
                "Yams",
            ],
            swiftSettings: strict),

        // Tests
        .target(name: "TestKit", dependencies: ["Model"], path: "Tests/TestKit", swiftSettings: strict),
        tests("Model", []),
        tests("Formats", ["Formats"]),
        tests("Transport", ["Transport"]),
        tests("Connectors", ["Connectors", "Formats", "Store", "Transport"]),
        tests("Signals", ["Signals"]),
        tests("Correlation", ["Correlation"]),
        tests("Store", ["Store", .product(name: "GRDB", package: "GRDB.swift"), .product(name: "GRDBSQLite", package: "GRDB.swift")]),
        tests("Rendering", ["Rendering", "Assets"]),
        tests("Delivery", ["Delivery", "Transport"]),
        tests("Trust", ["Trust"]),
        tests("DemoStory", ["DemoStory"]),
        tests("Accuracy", ["Accuracy", "Correlation", "Signals"]),
        tests("LabelledCases", ["LabelledCases"]),
        tests("Pipeline", ["Pipeline", "Connectors", "Delivery", "LabelledCases", "Store", "Transport"]),
        tests("Command", ["caseboard"]),
        tests("Tidy", ["Assets"]),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
