import Diagnostics
import Glibc

/// libarchive converts names through the process's LC_CTYPE. In the C locale a name beyond ASCII crashes it or comes
/// out as other bytes, so the locale is set once, before the first archive.
enum TarLocale {
    private static let isSet = setlocale(LC_CTYPE, "C.UTF-8") != nil

    static func require() throws(LayerError) {
        guard isSet else {
            throw LayerError(
                .unavailable, "the locale C.UTF-8 is missing, without which file names cannot be archived",
                hints: ["install the package libc-bin, which holds it on Debian and Ubuntu"])
        }
    }
}
