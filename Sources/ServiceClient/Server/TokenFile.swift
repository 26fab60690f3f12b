import Content
public import Diagnostics
public import Registry
public import SystemPackage

/// A token in a file that somebody else renews, as Kubernetes does with the tokens of a pod: what is there now is sent.
public actor TokenFile: TokenSource {
    private let file: FilePath
    private let place: FailureContext
    private var last: Secret?

    /// - Parameter place: the flag, the variable or the file that names it, for errors.
    public init(_ file: FilePath, place: FailureContext) {
        self.file = file
        self.place = place
    }

    /// What the file holds.
    /// - Throws: `ClientError` (`invalid_credentials`) where it never held a token.
    public func token() throws -> Secret? {
        do {
            last = try read()
        } catch {
            // It may be about to be written. If it stays so, the server refuses what was there before.
            guard last != nil else { throw error }
        }
        return last
    }

    /// What the file holds, if that is something else.
    public func token(inPlaceOf refused: Secret?) throws -> Secret? {
        let token = try read()
        last = token
        return token == refused ? nil : token
    }

    private func read() throws -> Secret {
        let places = [place, FailureContext("file", file.string)]
        let bytes: [UInt8]
        do {
            bytes = try FileSystem.read(file, limit: 64 << 10)
        } catch {
            throw ClientError(
                .invalidCredentials, "the file of the token cannot be read", context: places, cause: error)
        }
        do {
            return try ServerCredentials.token(String(decoding: bytes, as: UTF8.self), from: "'\(file)'")
        } catch {
            throw ClientError(error.code, error.message, context: places, hints: error.hints)
        }
    }
}
