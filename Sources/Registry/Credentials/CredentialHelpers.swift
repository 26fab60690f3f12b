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
        let name = "docker-credential-\(question.helper)"
        let places = [FailureContext("file", file.string), FailureContext("server", question.server)]
        // A name with a slash would be a program of any directory.
        guard !question.helper.contains("/"), let path = program(named: name, in: environment) else {
            throw RegistryError(
                .invalidCredentials, "the program '\(name)', which knows the password, is not on the PATH",
                context: places, hints: ["install it, or take '\(question.helper)' out of the file and log in again"])
        }
        let process = ChildProcess(path: path, environment: environment, directory: nil)
        let output: ProcessOutput
        do {
            output = try await process.run(["get"], input: Array(question.server.utf8))
        } catch let error as CancellationError {
            throw error
        } catch {
            throw RegistryError(.helperFailed, "'\(path)' cannot be run", context: places, cause: error)
        }
        let text = output.standardOutput
        guard output.succeeded else {
            // Helpers tell on standard output, which they have for passwords when all is well, what went wrong.
            if text.contains("credentials not found") { return nil }
            let line = text.split(whereSeparator: \.isNewline).first ?? ""
            let words = line.isEmpty || line.hasPrefix("{") ? "exit status \(output.status)" : String(line.prefix(200))
            throw RegistryError(.helperFailed, "\(name) does not tell the password: \(words)", context: places)
        }
        guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(text.utf8)) else {
            throw RegistryError(.helperFailed, "\(name) answers otherwise than helpers of docker do", context: places)
        }
        guard !answer.Secret.isEmpty else { return nil }
        return Credential(user: answer.Username, password: Secret(answer.Secret))
    }
}
