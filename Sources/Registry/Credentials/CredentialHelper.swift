import Diagnostics
import Programs
import SystemPackage

/// A program `docker-credential-NAME`, which keeps passwords where no file holds them.
struct CredentialHelper: Sendable {
    /// What it is called on the `PATH`.
    let program: String
    private let name: String
    private let file: FilePath
    private let environment: [String: String]

    /// - Parameters:
    ///   - name: what follows `docker-credential-`.
    ///   - file: where it is named.
    init(_ name: String, namedIn file: FilePath, environment: [String: String]) {
        program = "docker-credential-\(name)"
        self.name = name
        self.file = file
        self.environment = environment
    }

    /// Where a failure of it happens.
    func places(_ server: String) -> [FailureContext] {
        [FailureContext("file", file.string), FailureContext("server", server)]
    }

    /// Asks it to do something.
    /// - Throws: `RegistryError` where it is not there, or cannot be run.
    func run(_ action: String, about server: String, input: [UInt8]) async throws -> ProcessOutput {
        // A name with a slash would be a program of any directory.
        guard !name.contains("/"), let path = Programs.program(named: program, in: environment) else {
            throw RegistryError(
                .invalidCredentials, "the program '\(program)', which knows the password, is not on the PATH",
                context: places(server), hints: ["install it, or take '\(name)' out of the file and log in again"])
        }
        do {
            return try await ChildProcess(path: path, environment: environment, directory: nil)
                .run([action], input: input)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw RegistryError(.helperFailed, "'\(path)' cannot be run", context: places(server), cause: error)
        }
    }

    /// That it did not do what it was asked, in its own words unless these may be a password.
    func failure(_ what: String, _ output: ProcessOutput, about server: String) -> RegistryError {
        let line = output.standardOutput.split(whereSeparator: \.isNewline).first ?? ""
        let words = line.isEmpty || line.hasPrefix("{") ? "exit status \(output.status)" : String(line.prefix(200))
        return RegistryError(.helperFailed, "\(program) \(what): \(words)", context: places(server))
    }
}
