import Diagnostics
import Layers
import OCI

extension ContextManifest {
    /// The bytes of all files together, as far as a sum can tell.
    public var size: Int64 {
        entries.reduce(0) { sum, entry in
            let (total, isTooMuch) = sum.addingReportingOverflow(max(0, entry.size))
            return isTooMuch ? .max : total
        }
    }

    /// Refuses what cannot be a tree of files below one directory.
    /// - Throws: `ServiceError` (`invalid_request`, `too_large`) with the path at fault.
    func check(_ limits: ContextLimits) throws(ServiceError) {
        guard entries.count <= limits.entries else {
            throw ServiceError(
                .tooLarge, "a context may have \(limits.entries) entries, and this one has \(entries.count)",
                hints: ["leave out by .dockerignore what the build does not need"])
        }
        // Everything that is a file or a link: nothing may lie below it.
        var leaves: Set<String> = []
        var last: String?
        for entry in entries {
            try entry.check(limits)
            if let last, !LayerPath.precedes(last, entry.path) {
                throw ServiceError(
                    .invalidRequest,
                    last == entry.path
                        ? "the path '\(entry.path)' is there twice"
                        : "'\(entry.path)' stands behind '\(last)': entries are sorted by the bytes of their paths")
            }
            for ancestor in LayerPath.ancestors(of: entry.path) where leaves.contains(ancestor) {
                throw ServiceError(
                    .invalidRequest, "'\(entry.path)' lies below '\(ancestor)', which is no directory")
            }
            if entry.kind != .directory { leaves.insert(entry.path) }
            last = entry.path
        }
        guard size <= limits.size else {
            throw ServiceError(
                .tooLarge, "a context may have \(limits.size) bytes, and this one has \(size)",
                hints: ["leave out by .dockerignore what the build does not need"])
        }
    }
}

extension ContextManifest.Entry {
    fileprivate func check(_ limits: ContextLimits) throws(ServiceError) {
        let checked: String
        do {
            checked = try LayerPath.checked(path, origin: "the context")
        } catch {
            throw ServiceError(.invalidRequest, error.message, cause: error)
        }
        guard checked == path else {
            throw ServiceError(.invalidRequest, "the path '\(path)' ends in a slash")
        }
        guard path.utf8.count <= limits.pathLength else {
            throw ServiceError(
                .tooLarge, "the path '\(path.prefix(80))…' is longer than \(limits.pathLength) bytes")
        }
        func refuse(_ why: String) -> ServiceError { ServiceError(.invalidRequest, "the entry '\(path)' \(why)") }
        switch kind {
        case .file:
            guard digest?.algorithm == .sha256 else { throw refuse("is a file and has no sha256 digest") }
            guard size >= 0, target == nil else { throw refuse("is a file with a negative size or a target") }
            guard size <= limits.fileSize else {
                throw ServiceError(
                    .tooLarge, "a file of a context may have \(limits.fileSize) bytes, and '\(path)' has \(size)")
            }
        case .directory:
            guard digest == nil, target == nil, size == 0 else {
                throw refuse("is a directory with a digest, a size or a target")
            }
        case .link:
            guard digest == nil, size == 0, let target, !target.isEmpty, !target.utf8.contains(0),
                target.utf8.count <= 4095
            else { throw refuse("is a link without a target that can be written") }
        }
    }
}
