public import Diagnostics
import FoundationEssentials
public import Transfer

/// A registry that did not do what it was asked.
public typealias RegistryError = Failure<RegistryErrorCode>

/// How a registry can fail us.
public enum RegistryErrorCode: String, ClassifiedCode {
    /// It wants other credentials.
    case unauthorised
    /// These credentials may not do that.
    case denied
    /// It does not have what was asked for.
    case notFound = "not_found"
    /// It cannot now.
    case unavailable
    /// An upload that was under way is gone on its side.
    case uploadLost = "upload_lost"
    /// A manifest refers to what it does not have.
    case blobUnknown = "blob_unknown"
    /// It will not.
    case refused
    /// Its answer breaks the distribution specification, or is not safe to follow.
    case invalidAnswer = "invalid_answer"
    /// The configuration of this machine forbids it.
    case blocked
    /// A file that says where registries are, or what belongs to TLS with one, cannot be followed.
    case invalidConfiguration = "invalid_configuration"
    /// What it delivers has another digest than it should have.
    case contentMismatch = "content_mismatch"
    /// A file of credentials cannot be read, or names a helper that is not there.
    case invalidCredentials = "invalid_credentials"
    /// The helper that knows the password does not tell it.
    case helperFailed = "helper_failed"

    /// Names and files are the asker's, all else the world's.
    public var blame: Blame {
        switch self {
        case .notFound, .invalidCredentials, .blocked, .invalidConfiguration: .request
        default: .outside
        }
    }

    /// Whether trying again can help.
    public var failureClass: FailureClass {
        switch self {
        case .unavailable, .uploadLost: .passing
        case .unauthorised, .denied: .authorisation
        default: .permanent
        }
    }

    init(status: Int, codes: [String]) {
        switch status {
        // 404 by the reference implementation, 400 by others.
        case 400 where codes.contains("MANIFEST_BLOB_UNKNOWN"), 404 where codes.contains("MANIFEST_BLOB_UNKNOWN"):
            self = .blobUnknown
        case 401: self = .unauthorised
        case 403: self = .denied
        // The second by docker-registry, where the upload is not as far as its location says.
        case 404 where codes.contains("BLOB_UPLOAD_UNKNOWN") || codes.contains("BLOB_UPLOAD_INVALID"):
            self = .uploadLost
        case 404: self = .notFound
        default: self = FailureClass(status: status) == .passing ? .unavailable : .refused
        }
    }
}

/// The errors of a registry's answer in its own words (distribution specification, "Error Codes").
struct RegistryComplaint {
    private struct Document: Decodable {
        struct Entry: Decodable {
            var code: String?
            var message: String?
        }
        var errors: [Entry]
    }

    /// The codes, such as `NAME_UNKNOWN`.
    let codes: [String]
    /// Codes and messages on one line, or the beginning of a plain text.
    let text: String

    init(_ body: [UInt8]) {
        if let document = try? JSONDecoder().decode(Document.self, from: Data(body)) {
            codes = document.errors.compactMap(\.code)
            text = document.errors.map { [$0.code, $0.message].compactMap(\.self).joined(separator: ": ") }
                .joined(separator: "; ")
        } else {
            codes = []
            let printable = String(decoding: body, as: UTF8.self).unicodeScalars.map { $0.value < 0x20 ? " " : $0 }
            text = String(String.UnicodeScalarView(printable).prefix(200))
        }
    }
}

extension RegistryError {
    /// What an answer with an error status means.
    init(
        _ response: HTTPResponse, to request: HTTPRequest, of registry: String,
        profile: RegistryProfile = RegistryProfile()
    ) {
        let complaint = RegistryComplaint(response.body)
        let code = RegistryErrorCode(status: response.status, codes: complaint.codes)
        let words = complaint.text.isEmpty ? "" : ": \(complaint.text)"
        self.init(
            code, "\(registry) answers \(response.status)\(words)",
            context: [
                FailureContext("registry", registry),
                FailureContext("request", "\(request.method.rawValue) \(request.url)"),
            ],
            hints: Self.hints(code, complaint, registry, profile))
    }

    private static func hints(
        _ code: RegistryErrorCode, _ complaint: RegistryComplaint, _ registry: String, _ profile: RegistryProfile
    ) -> [String] {
        switch code {
        case .unauthorised, .denied:
            let way = profile.loginHint.map { "log in: \($0)" } ?? "log in with 'cooperage login \(registry)'"
            return ["\(way); the user needs the right to push or pull there"]
        // Amazon's 400 TAG_INVALID and Harbor's 412 have no word in common but this one.
        case .refused where complaint.text.contains("immutable"):
            return ["the tag is there and may not be written again: push under another one"]
        case .notFound where complaint.codes.contains("NAME_UNKNOWN"):
            return [
                profile.createsRepositories
                    ? "check the repository's name" : "\(profile.name) needs the repository to be created beforehand"
            ]
        case .notFound: return ["check the repository's name and the tag; a private one looks missing without login"]
        default: return []
        }
    }
}
