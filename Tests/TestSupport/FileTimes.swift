import Foundation
public import SystemPackage

/// Has a file, or all files below a directory, look as if they had been written and used so long ago.
public func age(_ path: FilePath, by duration: Duration) throws {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path.string, isDirectory: &isDirectory) else {
        throw Errno.noSuchFileOrDirectory
    }
    if isDirectory.boolValue {
        for name in try FileManager.default.contentsOfDirectory(atPath: path.string) {
            try age(path.appending(name), by: duration)
        }
    }
    let moment = time(nil) - time_t(duration.components.seconds)
    var times = [timespec(tv_sec: moment, tv_nsec: 0), timespec(tv_sec: moment, tv_nsec: 0)]
    guard utimensat(AT_FDCWD, path.string, &times, AT_SYMLINK_NOFOLLOW) == 0 else { throw Errno(rawValue: errno) }
}
