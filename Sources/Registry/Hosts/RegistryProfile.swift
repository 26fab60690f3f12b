/// What is particular about a kind of registry, beyond the distribution specification: each quirk by a name, with the thread
/// in which it was found. No other place asks which registry it speaks to.
public struct RegistryProfile: Sendable, Hashable {
    /// How blobs get there.
    public enum UploadStyle: Sendable, Hashable {
        /// In one request, whatever their size.
        case whole
        /// In one request up to a size in bytes, above it in chunks, of which a broken one is resumed.
        case chunked(above: Int64)
        /// In chunks, be it one: a request that opens an upload is never followed by the one that ends it.
        case alwaysChunked
    }

    /// What it is called.
    public var name: String
    /// How blobs get there.
    public var uploads = UploadStyle.chunked(above: 64 << 20)
    /// The longest body that it takes in a request, in bytes; nil is any. What stands before a registry often has such a limit:
    /// nginx's is 1 MiB unless it is told otherwise (harbor#15823, kubernetes-ingress#122).
    public var largestBody: Int64?
    /// Whether blobs are asked for from other repositories: some answer 400 or 401 to every such question (ggcr#1679).
    public var mounts = true
    /// How long a transfer may be silent before it counts as dead, and is tried again (distribution#469).
    public var stall = Duration.seconds(60)
    /// The same for an upload: between the last byte and the answer a registry may hash and move the whole blob, on a slow disk
    /// for minutes (distribution-library-image#201).
    public var uploadStall = Duration.seconds(300)
    /// Whether a push makes a repository that is not there. Amazon's wants it to be made beforehand (kaniko#1120).
    public var createsRepositories = true
    /// How one logs in, where it is not by the user's own password. After "log in: ".
    public var loginHint: String?

    /// A registry about which nothing is particular.
    public init(name: String = "registry") { self.name = name }

    /// The profile of a registry, recognised by its host.
    /// - Parameter registry: `host[:port]`, as references name it.
    public init(registry: String) { self = Self.known.first { $0.matches(registry) }?.profile ?? RegistryProfile() }

    private struct Known {
        let hosts: [String]
        let profile: RegistryProfile

        init(_ name: String, _ hosts: [String], _ change: (inout RegistryProfile) -> Void) {
            self.hosts = hosts
            var profile = RegistryProfile(name: name)
            change(&profile)
            self.profile = profile
        }

        /// A host that begins with a dot stands for those below it.
        func matches(_ registry: String) -> Bool {
            hosts.contains { $0.hasPrefix(".") ? registry.hasSuffix($0) : registry == $0 }
        }
    }

    private static let known: [Known] = [
        Known("Docker Hub", ["docker.io", "index.docker.io", "registry-1.docker.io"]) {
            // Accounts with a second factor, or of an organisation's sign-on, have no password that a registry takes
            // (docs.docker.com, "Personal access tokens").
            $0.loginHint = "cooperage login, with an access token as the password"
        },
        Known("GitHub", ["ghcr.io"]) {
            // It answers 416 to chunks above 4 MiB (rust-oci-client#35); in one request it takes any size.
            $0.uploads = .whole
            // docs.github.com, "Working with the Container registry".
            $0.loginHint = "cooperage login ghcr.io, with a token that has the scope write:packages as the password"
        },
        Known("Amazon ECR", [".amazonaws.com", ".amazonaws.com.cn"]) {
            // It answers 201 to a chunk and refuses the request that ends the upload then.
            $0.uploads = .whole
            $0.createsRepositories = false
            // docs.aws.amazon.com, "Private registry authentication": a password is good for twelve hours.
            $0.loginHint = """
                docker-credential-ecr-login in credHelpers, or aws ecr get-login-password | cooperage login -u AWS \
                --password-stdin
                """
        },
        Known("Amazon ECR Public", ["public.ecr.aws"]) {
            $0.uploads = .whole
            $0.createsRepositories = false
            $0.loginHint = """
                aws ecr-public get-login-password | cooperage login public.ecr.aws -u AWS --password-stdin
                """
        },
        Known("Google", ["gcr.io", ".gcr.io", ".pkg.dev"]) {
            // It takes no chunks (kitops#777).
            $0.uploads = .whole
            // cloud.google.com, "Configure authentication to Artifact Registry for Docker".
            $0.loginHint =
                "gcloud auth configure-docker, or cooperage login with the user oauth2accesstoken or _json_key"
        },
        Known("Azure", [".azurecr.io", ".azurecr.cn", ".azurecr.us"]) {
            // learn.microsoft.com, "Authenticate with an Azure container registry".
            $0.loginHint =
                "az acr login, or cooperage login with a service principal, or with \(Credential.azureTokenUser) and a token"
        },
        Known("Quay", ["quay.io"]) {
            // docs.quay.io, "Robot accounts".
            $0.loginHint = "cooperage login quay.io, with a robot account"
        },
        Known("Artifactory", [".jfrog.io"]) {
            // 404 where an upload is opened and ended by the next request (buildkit#1130).
            $0.uploads = .alwaysChunked
        },
    ]
}
