import Diagnostics
import Programs
import Synchronization
import SystemPackage

/// Passwords by the `keyring` command, asked as uv asks it: `keyring get SERVICE USER`, first by the index's URL, then by
/// its host. Its argument list holds no password, and its answer is remembered for as long as this value lives.
public final class Keyring: Sendable {
    /// uv's names for whether it is asked (`--keyring-provider`).
    public enum Provider: String, Sendable, CaseIterable {
        case disabled
        case subprocess

        /// The variable that says so.
        public static let variable = "UV_KEYRING_PROVIDER"
    }

    private struct Question: Hashable {
        let service: String
        let user: String
    }

    private let environment: [String: String]
    private let answers = Mutex<[Question: Task<String?, Never>]>([:])
    private let known = Mutex<[(user: String, password: String)]>([])

    /// - Parameter environment: in which the command is looked for and run.
    public init(environment: [String: String]) { self.environment = environment }

    /// Every login that it told so far, for those who take care that no text holds it.
    var logins: [(user: String, password: String)] { known.withLock { $0 } }

    /// The password of a user; nil where it has none, or where there is no such command.
    /// - Parameters:
    ///   - index: the URL of the index, without user information.
    ///   - host: `host`, with a port that is not the scheme's own.
    func password(of user: String, index: String, host: String) async -> String? {
        for service in [index, host] {
            if let password = await answer(Question(service: service, user: user)) { return password }
        }
        return nil
    }

    private func answer(_ question: Question) async -> String? {
        let task = answers.withLock { answers in
            if let asked = answers[question] { return asked }
            let task = Task { await ask(question) }
            answers[question] = task
            return task
        }
        return await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
    }

    private func ask(_ question: Question) async -> String? {
        guard let command = program(named: "keyring", in: environment) else { return nil }
        let process = ChildProcess(path: command, environment: environment, directory: nil)
        // What it says of a failure may be anything; that there is no password is told by the index.
        guard let output = try? await process.run(["get", question.service, question.user]), output.succeeded,
            let line = output.standardOutput.split(whereSeparator: \.isNewline).first
        else { return nil }
        let password = String(line)
        known.withLock { $0.append((question.user, password)) }
        return password
    }
}
