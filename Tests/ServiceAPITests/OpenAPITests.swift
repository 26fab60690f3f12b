import Content
import Foundation
import Hummingbird
import Service
import ServiceTesting
import SystemPackage
import TestSupport
import Testing

@testable import ServiceAPI

/// The document against what is served.
@Suite struct OpenAPITests {
    private static let methods: Set<String> = ["get", "put", "post", "delete", "patch", "head", "options", "trace"]

    private static func document() throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: OpenAPIDocument.json(version: "1.2.3")) as? [String: Any])
    }

    @Test func everyRouteIsDescribedAndNoOther() async throws {
        let site = try await ServiceSite()
        let routes = try APIRoutes(
            service: site.service, settings: APISettings(address: .tcp(host: "127.0.0.1", port: 0)), version: "1",
            metrics: PrometheusRegistry(), storeSizes: { [] })
        let bare = Router(context: APIContext.self)
        routes.add(to: bare)
        let served = Set(RouteTable(bare).routes.map(\.description))
        let paths = try #require(Self.document()["paths"] as? [String: [String: Any]])
        let described = Set(
            paths.flatMap { path, item in item.keys.filter(Self.methods.contains).map { "\($0.uppercased()) \(path)" } }
        )
        #expect(served == described, "\(served.symmetricDifference(described).sorted())")
        #expect(served.count > 30)
    }

    @Test func everyReferenceLeadsSomewhere() throws {
        let document = try Self.document()
        #expect((document["info"] as? [String: Any])?["version"] as? String == "1.2.3")
        var names: Set<String> = []
        func visit(_ value: Any) {
            if let object = value as? [String: Any] {
                for (key, member) in object {
                    #expect(key != "<<")
                    if key == "$ref", let name = member as? String { names.insert(name) } else { visit(member) }
                }
            } else if let list = value as? [Any] {
                list.forEach(visit)
            }
        }
        visit(document)
        for name in names {
            var place: Any? = document
            for part in name.dropFirst(2).split(separator: "/") { place = (place as? [String: Any])?[String(part)] }
            #expect(name.hasPrefix("#/") && place != nil, "\(name)")
        }
        // And every operation has a name of its own.
        let paths = try #require(document["paths"] as? [String: [String: Any]])
        let operations = paths.values.flatMap { item in
            item.filter { Self.methods.contains($0.key) }.compactMap {
                ($0.value as? [String: Any])?["operationId"] as? String
            }
        }
        #expect(Set(operations).count == operations.count)
    }

    @Test func membersAreThoseThatAreRead() throws {
        let document = try Self.document()
        let components = try #require(document["components"] as? [String: Any])
        let schemas = try #require(components["schemas"] as? [String: [String: Any]])
        func members(_ name: String) -> Set<String> {
            Set((schemas[name]?["properties"] as? [String: Any] ?? [:]).keys)
        }
        func known(_ shape: JSONShape) -> Set<String> {
            if case .object(let members) = shape { Set(members.keys) } else { [] }
        }
        #expect(members("BuildSubmission") == Set(BuildSubmission.CodingKeys.allCases.map(\.rawValue)))
        #expect(members("BuildRequest") == known(BuildRequestDocument.shape))
        #expect(members("DockerfileBuild") == known(DockerfileRequestDocument.shape))
        #expect(members("BuildSecrets") == known(SecretsDocument.shape))
        #expect(members("ProjectPolicy") == known(PolicyDocument.shape))
        #expect(members("NewToken") == known(NewTokenDocument.shape))
        #expect(members("NewWebhook") == known(NewWebhookDocument.shape))
        #expect(members("Login") == known(LoginDocument.shape))
        #expect(members("ContextManifest") == known(ContextDocument.shape))
        guard
            case .object(let build)? = {
                if case .object(let all) = BuildRequestDocument.shape { all["build"] } else { nil }
            }(),
            let execution = build["execution"], let indexes = build["indexes"]
        else {
            Issue.record("the shape of a build has no members")
            return
        }
        #expect(members("Execution") == known(execution))
        #expect(members("Indexes") == known(indexes))
    }

    /// What is left out: `positive_data_acceptance`, since a schema cannot say that a build which names requirements names a
    /// context, too, that an entry of a context has a digest where it is a file, that a blob has the digest of its path.
    @Test func schemathesisFindsNothing() async throws {
        try await APISite.run({ settings, _ in
            settings.longestWait = .milliseconds(100)
            // Its wrong tokens are many.
            settings.failedLoginLimit = .max
        }) { api in
            let scratch = try TemporaryDirectory()
            let output = scratch.path.appending("out")
            let command = """
                cd "$1" && schemathesis run "$2/api/v1/openapi.json" --url "$2" -H "Authorization: Bearer $3" \
                --checks all --exclude-checks positive_data_acceptance --phases examples,coverage,fuzzing \
                --max-examples 10 --seed 20261124 --generation-database none --request-timeout 120 \
                --workers 1 --continue-on-failure --warnings off > "$4" 2>&1; echo $?
                """
            let code = try await runAside(
                "sh", ["-c", command, "sh", scratch.path.string, api.origin, api.admin, output.string])
            let report = String(decoding: try FileSystem.read(output), as: UTF8.self)
            #expect(String(decoding: code, as: UTF8.self) == "0\n", "\(report.suffix(20_000))")
            #expect(report.contains("Tested:") || report.contains("passed"), "\(report.suffix(2000))")
        }
    }
}
