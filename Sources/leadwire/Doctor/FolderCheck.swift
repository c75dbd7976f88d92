import Foundation
import Scoring

/// The folder of `--data`: there, writable, its owner's alone, and room on its disk.
struct FolderCheck: DoctorCheck {
    let path: String

    private static let subject = "data folder"
    private static let scarceBytes: UInt64 = 1 << 30
    private static let missingBytes: UInt64 = 64 << 20

    func run() async -> [Finding] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return [absent()] }
        guard isFolder.boolValue else {
            return [
                Finding(
                    Self.subject, "there", .broken, "\(path) is a file",
                    advice: "name a folder by --data, or move the file")
            ]
        }
        return [writable(), owner(), room()].compactMap(\.self)
    }

    private func absent() -> Finding {
        var ancestor = URL(fileURLWithPath: path).deletingLastPathComponent()
        while !FileManager.default.fileExists(atPath: ancestor.path), ancestor.path != "/" {
            ancestor.deleteLastPathComponent()
        }
        guard access(ancestor.path, W_OK) == 0 else {
            return Finding(
                Self.subject, "there", .broken, "\(path) is not there, and can't be made in \(ancestor.path)",
                advice: "make it, owned by the user that serves, or name another by --data")
        }
        return Finding(
            Self.subject, "there", .warning, "\(path) is not there",
            advice: "leadwire serve makes it; if you expected data in it, correct --data")
    }

    /// By writing: a disk that is mounted read-only or full shows in no permission.
    private func writable() -> Finding {
        let probe = path + "/.leadwire-doctor-\(getpid())"
        let descriptor = open(probe, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return unwritable(errno) }
        defer {
            close(descriptor)
            unlink(probe)
        }
        let bytes = [UInt8](repeating: 0, count: 4_096)
        guard write(descriptor, bytes, bytes.count) == bytes.count else { return unwritable(errno) }
        return Finding(Self.subject, "writable", .well, path)
    }

    private func unwritable(_ code: CInt) -> Finding {
        Finding(
            Self.subject, "writable", .broken, "\(path): \(String(cString: strerror(code)))",
            advice: code == ENOSPC || code == EDQUOT
                ? "make room on its disk" : "give it to the user that serves, on a disk that can be written")
    }

    private func owner() -> Finding? {
        guard let mode = (try? FileManager.default.attributesOfItem(atPath: path))?[.posixPermissions] as? Int else {
            return nil
        }
        guard mode & 0o077 != 0 else { return Finding(Self.subject, "owner", .well, "its owner's alone") }
        return Finding(
            Self.subject, "owner", .warning, "open to others (mode \(String(mode, radix: 8)))",
            advice: "chmod 700 it: it holds leads")
    }

    private func room() -> Finding? {
        var disk = statvfs()
        guard statvfs(path, &disk) == 0 else { return nil }
        let free = UInt64(disk.f_bavail) * UInt64(disk.f_frsize)
        let shown = "\(free >> 20) MiB free"
        if free < Self.missingBytes {
            return Finding(Self.subject, "room", .broken, shown, advice: "make room: at 0 no score can be stored")
        }
        if free < Self.scarceBytes {
            return Finding(Self.subject, "room", .warning, shown, advice: "make room before it ends")
        }
        return Finding(Self.subject, "room", .well, shown)
    }
}
