import Foundation

extension ModelArtifact {
    /// Reads a `.leadwire` file.
    public static func load(from path: String) throws(ArtifactError) -> ModelArtifact {
        let bytes: [UInt8]
        do {
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            if let size = attributes[.size] as? Int, size > ArtifactContainer.maximumBytes {
                throw ArtifactError(.tooLarge, "an artifact has at most 256 MiB, this file has \(size) bytes")
            }
            bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        } catch let error as ArtifactError {
            throw error
        } catch {
            throw ArtifactError(.unreadable, "the model file can't be read: \(path)")
        }
        return try ModelArtifact(serialized: bytes)
    }

    /// Writes the single file; a reader never sees half of it.
    public func write(to path: String) throws(ArtifactError) {
        do {
            try Data(serialized()).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw ArtifactError(.unwritable, "the model can't be written to \(path)")
        }
    }
}
