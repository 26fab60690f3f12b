import Diagnostics
import Logging

extension BuildService {
    /// Seals with the vault's first key what is kept and was sealed with another one, so that the others can go. What was
    /// lent to builds is left as it is: it is deleted when they end.
    ///
    /// To be called at each start. What no key opens stays as it is, and is told of in the log.
    public func renewSecrets() async throws {
        let book = CredentialBook(store: store, vault: vault)
        var count = 0
        for project in [nil] + (try await projects().map { Optional($0.name) }) {
            do {
                count += try await book.renew(project: project)
            } catch let error as ServiceError where error.code == .undecipherable {
                logger.error("registry credentials of \(project ?? "all projects") cannot be opened: \(error)")
            }
            guard let project else { continue }
            for webhook in try await webhooks(project: project) where vault.isOutdated(webhook.sealedSecret) {
                let purpose = WebhookSender.purpose(id: webhook.id, project: project)
                do {
                    let sealed = try vault.seal(vault.open(webhook.sealedSecret, for: purpose), for: purpose)
                    try await store.setSealedSecret(sealed, ofWebhook: webhook.id)
                    count += 1
                } catch let error as ServiceError where error.code == .undecipherable {
                    logger.error("the secret of the webhook \(webhook.id) cannot be opened: \(error)")
                }
            }
        }
        if count > 0 { logger.notice("\(count) secrets were sealed anew with the vault's first key") }
    }
}
