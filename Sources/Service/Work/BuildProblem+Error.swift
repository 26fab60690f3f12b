import Build
import Content
import Diagnostics
import Python
import Transfer

extension BuildProblem {
    /// What clients are told of an error.
    init(_ error: any Error) {
        guard let diagnostic = error as? any Diagnostic else {
            self.init(code: "internal", message: "\(error)", isRequestsFault: false)
            return
        }
        var message = diagnostic.message
        var cause = diagnostic.cause
        while let next = cause {
            message += ": " + ((next as? any Diagnostic)?.message ?? "\(next)")
            cause = (next as? any Diagnostic)?.cause
        }
        self.init(
            code: diagnostic.codeName, message: message,
            context: diagnostic.context.map { "\($0.label): \($0.value)" },
            hints: diagnostic.hints.map(Self.onServer), isRequestsFault: diagnostic.blame == .request)
    }

    /// A hint as it helps on a server, where variables of who asks count for nothing.
    private static func onServer(_ hint: String) -> String {
        if hint.contains("COOPERAGE_UV") {
            return "install uv on the server where 'search_path' of its configuration leads, or name it there by 'uv'"
        }
        if hint.contains("SSL_CERT_FILE") {
            return "the variable SSL_CERT_FILE of the server names the certificates that it trusts"
        }
        return hint
    }
}

/// Whether the reason for an error can pass, so that the same build may succeed later.
func canPass(_ error: any Error) -> Bool {
    if let classified = error as? any ClassifiedFailure { return classified.failureClass == .passing }
    switch error {
    case let error as ContentError:
        // What the collector took between the look and the use is made again.
        return [.noSpace, .fileSystem, .notFound].contains(error.code)
    case let error as PythonError: return error.code == .uvFailed
    case let error as BaseImageError: return error.code == .rootFilesystem
    case let error as ServiceError: return error.code == .databaseUnavailable
    default: return (error as? any Diagnostic)?.cause.map(canPass) ?? false
    }
}
