import Diagnostics
import FoundationEssentials
import Programs
import SystemPackage
import Transfer

/// The programs `docker-credential-NAME`, which know passwords that stand in no file (docker-credential-helpers, README:
/// "Development"). What one tells is remembered for a minute: some ask a cloud each time, and a registry with the basic
/// scheme wants the password with each request.
actor CredentialHelpers {
    private struct Question: Hashable {
        let server: String
        let helper: String
    }

    private struct Answer: Decodable {
        var Username: String
        var Secret: String
    }

    private static let lifetime = Duration.seconds(60)
    private let environment: [String: String]
    private let time: TimeSource
    private var answers: [Question: (credential: Credential?, until: Duration)] = [:]
    private let work = SharedWork<Question, Credential?>()

    init(environment: [String: String], time: TimeSource) {
        self.environment = environment
        self.time = time
    }

    /// What a helper knows of a server; nil where it has nothing.
    /// - Parameters:
    ///   - helper: what follows `docker-credential-`.
    ///   - file: where it is named.
    func credential(for server: String, by helper: String, of file: FilePath) async throws -> Credential? {
        let question = Question(server: server, helper: helper)
        if let known = answers[question], time.now() < known.until { return known.credential }
        let credential = try await work.value(for: question) { [environment] in
            try await Self.ask(question, environment, file)
        }
        answers[question] = (credential, time.now() + Self.lifetime)
        return credential
    }

    private static func ask(_ question: Question, _ environment: [String: String], _ file: FilePath) async throws
        -> Credential?
    {
        let helper = CredentialHelper(question.helper, namedIn: file, environment: environment)
        let output = try await helper.run("get", about: question.server, input: Array(question.server.utf8))
        let text = output.standardOutput
        guard output.succeeded else {
            // Helpers tell on standard output, which they have for passwords when all is well, what went wrong.
            if text.contains("credentials not found") { return nil }
            throw helper.failure("does not tell the password", output, about: question.server)
        }
        guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(text.utf8)) else {
            throw RegistryError(
                .helperFailed, "\(helper.program) answers otherwise than helpers of docker do",
                context: helper.places(question.server))
        }
        guard !answer.Secret.isEmpty else { return nil }
        return Credential(user: answer.Username, password: Secret(answer.Secret))
    }
}
