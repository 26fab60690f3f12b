// swift-tools-version: 6.2
import PackageDescription

/// Every target of ours is built the same way: Swift 6 mode, the upcoming import rules, warnings as errors.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

/// A room of the house: a library target under Sources/ that imports only rooms above it in the list below.
func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// The tests of a room. They may look at the whole house: what one room makes is checked with another one's readers.
func tests(_ name: String, _ more: [Target.Dependency] = []) -> Target {
    let house = [
        "Diagnostics", "OCI", "Spec", "Content", "Layers", "Transfer", "Programs", "Registry", "Images", "Python",
        "SBOM", "Build", "Interface", "Dockerfile", "Database", "Service", "ServiceAPI", "ServiceClient",
    ]
    return .testTarget(
        name: "\(name)Tests",
        dependencies: (house + ["RegistryTesting", "TestSupport", "ServiceTesting"]).map { .target(name: $0) } + [
            system, flyingFox,
        ]
            + more,
        swiftSettings: strict)
}

let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let flyingFox = Target.Dependency.product(name: "FlyingFox", package: "FlyingFox")
let flyingSocks = Target.Dependency.product(name: "FlyingSocks", package: "FlyingFox")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let yaml = Target.Dependency.product(name: "Yams", package: "Yams")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")

let package = Package(
    name: "cooperage",
    products: [
        .executable(name: "cooperage", targets: ["cooperage"])
    ],
    dependencies: [
        // Exact versions, since Package.resolved is not committed.
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", exact: "1.0.2"),
        .package(url: "https://github.com/LebJe/TOMLKit", exact: "0.6.0"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        .package(url: "https://github.com/swhitty/FlyingFox", exact: "0.27.1"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", exact: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-certificates", exact: "1.21.1"),
        .package(url: "https://github.com/apple/swift-asn1", exact: "1.7.4"),
        .package(url: "https://github.com/apple/swift-metrics", exact: "2.13.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
        .package(url: "https://github.com/vapor/jwt-kit", exact: "5.7.1"),
    ],
    targets: [
        .systemLibrary(name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CISAL", pkgConfig: "libisal", providers: [.apt(["libisal-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CMariaDB", pkgConfig: "libmariadb", providers: [.apt(["libmariadb-dev"])]),

        room("Diagnostics"),
        room("OCI", ["Diagnostics"]),
        room("Spec", ["Diagnostics", "OCI"]),
        room("Content", ["Diagnostics", "OCI", "COpenSSL", system]),
        room("Layers", ["Diagnostics", "OCI", "Spec", "Content", "CArchive", "CISAL", "CZlib", system]),
        room("Transfer", ["Diagnostics", "OCI", "Content", "CCurl", system, logging]),
        room("Programs", ["Content", system, subprocess]),
        room(
            "Registry",
            [
                "Diagnostics", "OCI", "Content", "Transfer", "Programs", system,
                .product(name: "TOMLKit", package: "TOMLKit"),
            ]),
        room("Images", ["Diagnostics", "OCI", "Content", "Layers", system]),
        room(
            "Python",
            [
                "Diagnostics", "OCI", "Spec", "Content", "Layers", "Transfer", "Programs", system, subprocess,
                .product(name: "TOMLKit", package: "TOMLKit"),
            ]),
        room("SBOM", ["Diagnostics", "OCI", "Spec", "Content", "Layers", "Transfer", "Python"]),
        room(
            "Build",
            [
                "Diagnostics", "OCI", "Spec", "Content", "Layers", "Transfer", "Registry", "Images", "Python", "SBOM",
                system, subprocess,
                .product(name: "Yams", package: "Yams"),
            ]),
        room("Dockerfile", ["Diagnostics", "OCI", "Spec"]),
        room(
            "Interface",
            [
                "Diagnostics", "OCI", "Spec", "Content", "Layers", "Registry", "Images", "Python", "SBOM", "Build",
                "Dockerfile", system,
                .product(name: "Yams", package: "Yams"), .product(name: "TOMLKit", package: "TOMLKit"),
            ]),
        room("Database", ["Diagnostics", "Content", "CMariaDB", .product(name: "GRDB", package: "GRDB.swift")]),
        room(
            "Service",
            [
                "Diagnostics", "OCI", "Spec", "Content", "Layers", "Transfer", "Registry", "Images", "Python", "Build",
                "Interface", "Dockerfile", "Database", "COpenSSL", system, logging, metrics, lifecycle, yaml,
                .product(name: "JWTKit", package: "jwt-kit"),
            ]),
        room(
            "ServiceAPI",
            [
                "Diagnostics", "OCI", "Spec", "Content", "Images", "Build", "Interface", "Dockerfile", "Service",
                system,
                logging, metrics, lifecycle, hummingbird, httpTypes, yaml,
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "X509", package: "swift-certificates"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
            ]),
        room(
            "ServiceClient",
            [
                "Diagnostics", "OCI", "Spec", "Content", "Layers", "Transfer", "Registry", "Images", "Python", "SBOM",
                "Build", "Interface", "Dockerfile", "Service", system,
            ]),
        .executableTarget(
            name: "cooperage",
            dependencies: [
                "Diagnostics", "OCI", "Spec", "Content", "Transfer", "Registry", "Images", "Python", "Dockerfile",
                "SBOM",
                "Build", "Interface", "Database",
                "Service", "ServiceAPI", "ServiceClient", system, logging, metrics, lifecycle,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        // The rate of wheel → layer: swift run -c release layer-rate DIRECTORY
        .executableTarget(
            name: "layer-rate", dependencies: ["Diagnostics", "OCI", "Spec", "Content", "Python", system],
            path: "bench/layers", swiftSettings: strict),
        // Builds a second without a service around them: swift run -c release engine-rate …
        .executableTarget(
            name: "engine-rate", dependencies: ["Build", "Content", "OCI", "Spec", system], path: "bench/engine",
            swiftSettings: strict),
        room("RegistryTesting", ["OCI", "Content", flyingFox, flyingSocks]),

        .target(
            name: "TestSupport",
            dependencies: [
                "OCI", "Spec", "Content", "Layers", "Images", "Transfer", "RegistryTesting", system,
            ],
            path: "Tests/TestSupport", swiftSettings: strict),
        // A service with a store in memory, for the tests of the service and of its doors.
        .target(
            name: "ServiceTesting",
            dependencies: [
                "Diagnostics", "OCI", "Content", "Service", "RegistryTesting", "TestSupport", system, logging,
                lifecycle,
            ],
            path: "Tests/ServiceTesting", swiftSettings: strict),
        tests("Transfer"),
        tests("Layers"),
        tests("Registry"),
        tests("Images"),
        tests("Python"),
        tests("SBOM"),
        tests("Build"),
        tests("Interface"),
        tests("Dockerfile"),
        tests("Database"),
        tests("Service", [logging, lifecycle, .product(name: "JWTKit", package: "jwt-kit")]),
        tests(
            "ServiceAPI",
            [hummingbird, httpTypes, .product(name: "HummingbirdTesting", package: "hummingbird")]),
        tests("ServiceClient"),
        tests(
            "Cooperage",
            [
                .target(name: "cooperage"), logging, lifecycle, yaml,
                .product(name: "JWTKit", package: "jwt-kit"),
            ]),
    ],
    swiftLanguageModes: [.v6]
)
