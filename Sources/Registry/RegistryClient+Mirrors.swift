import Diagnostics
import OCI
import Transfer

extension RegistryClient {
    /// With which errors a mirror is not asked again by this client.
    private static let finalErrors: Set<TransferErrorCode> = [
        .unreachable, .timedOut, .untrusted, .notTLS, .certificateRefused, .unusableCertificate, .proxyRefused,
    ]

    /// Asks for an image where the configuration says that it is: mirrors in their order, then the registry itself. Who the
    /// image is asked from is nobody else's matter: what comes is the same, since it is named by its digest, and it keeps the
    /// name that it was asked for by.
    /// - Parameter ask: asks one of them for the image by the name that it has there.
    /// - Throws: what the last of them answers.
    func pulling<Value>(
        _ reference: Reference, isolation: isolated (any Actor)? = #isolation,
        _ ask: (_ name: Reference, Endpoint) async throws -> Value
    ) async throws -> Value {
        let sources = try hosts.sources(of: reference)
        for mirror in sources.dropLast() where !isGivenUp(mirror.registry) {
            do {
                return try await ask(mirror, try await endpoint(at: mirror.registry, isMirror: true))
            } catch {
                try Task.checkCancellation()
                guard error is RegistryError || error is TransferError else { throw error }
                note(error, of: mirror, reference)
            }
        }
        let last = sources.last ?? reference
        return try await ask(last, try await endpoint(at: last.registry))
    }

    /// Tells what a mirror does not do, once. That it does not have an image is no fault of it.
    private func note(_ error: any Error, of mirror: Reference, _ reference: Reference) {
        if (error as? RegistryError)?.code == .notFound { return }
        if let code = (error as? TransferError)?.code, Self.finalErrors.contains(code) { giveUp(mirror.registry) }
        let message = (error as? any Diagnostic)?.message ?? "\(error)"
        warnings.tellOnce("the mirror \(mirror.registry) of \(reference.registry) is passed over: \(message)")
    }
}
