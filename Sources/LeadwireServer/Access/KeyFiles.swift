import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// Where keys come from: a secret's file, and a key set's file or address.
enum KeyFiles {
    static func reading(_ settings: AccessSettings) -> KeySource.Reading {
        { () async throws in
            var set = KeySet([])
            if let path = settings.secretFile { set = KeySet([try await .secret(try secret(path))]) }
            guard let place = settings.jwks else { return set }
            let isAddress = place.contains("://")
            let bytes = isAddress ? try await fetch(place, deadline: settings.fetchDeadline) : try contents(of: place)
            return set.joined(with: try await KeySet.read(bytes, allowsSecrets: !isAddress))
        }
    }

    /// The bytes of a secret's file without whitespace at its end.
    ///
    /// - Throws: ``KeyProblem`` for a file that can't be read or holds fewer than 32 bytes.
    static func secret(_ path: String) throws(KeyProblem) -> [UInt8] {
        let whitespace: Set<UInt8> = [9, 10, 13, 32]
        var bytes = try contents(of: path)
        while let last = bytes.last, whitespace.contains(last) { bytes.removeLast() }
        guard bytes.count >= AccessKey.minimumSecretBytes else {
            throw KeyProblem(
                """
                \(path) holds \(bytes.count) bytes, a secret for HS256 needs at least \(AccessKey.minimumSecretBytes): \
                make one with leadwire token --new-secret --secret-file FILE
                """)
        }
        return bytes
    }

    private static func contents(of path: String) throws(KeyProblem) -> [UInt8] {
        guard let file = FileHandle(forReadingAtPath: path) else { throw KeyProblem("\(path) can't be read") }
        defer { try? file.close() }
        guard let data = try? file.read(upToCount: KeySet.maximumBytes + 1) else { return [] }
        guard data.count <= KeySet.maximumBytes else {
            throw KeyProblem("\(path) is larger than \(KeySet.maximumBytes) bytes")
        }
        return Array(data)
    }

    /// `https`, or plain HTTP from this machine itself; nothing else may bring keys.
    static func isFetchable(_ address: String) -> Bool {
        guard let url = URL(string: address), let host = url.host(), url.user == nil else { return false }
        if url.scheme == "https" { return true }
        return url.scheme == "http" && ["127.0.0.1", "localhost", "::1", "[::1]"].contains(host)
    }

    private static func fetch(_ address: String, deadline: Duration) async throws -> [UInt8] {
        guard isFetchable(address) else {
            throw KeyProblem(
                "a key set is fetched from https://, or http:// on this machine, without a user in the address")
        }
        var configuration = HTTPClient.Configuration()
        // The address in the settings is the one that is trusted.
        configuration.redirectConfiguration = .disallow
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let result: Result<[UInt8], any Error>
        do {
            result = .success(try await fetch(address, deadline: deadline, client))
        } catch {
            result = .failure(error)
        }
        try? await client.shutdown()
        return try result.get()
    }

    private static func fetch(_ address: String, deadline: Duration, _ client: HTTPClient) async throws -> [UInt8] {
        try await withThrowingTaskGroup(of: [UInt8].self) { group in
            group.addTask {
                do {
                    let request = HTTPClientRequest(url: address)
                    let response = try await client.execute(request, timeout: TimeAmount(deadline))
                    guard response.status == .ok else {
                        throw KeyProblem("the key set's address answered \(response.status.code)")
                    }
                    return Array(buffer: try await response.body.collect(upTo: KeySet.maximumBytes))
                } catch let problem as KeyProblem {
                    throw problem
                } catch is NIOTooManyBytesError {
                    throw KeyProblem("the key set is larger than \(KeySet.maximumBytes) bytes")
                } catch {
                    throw KeyProblem("the key set's address does not answer (\(type(of: error)))")
                }
            }
            // Over all: a peer that sends a byte now and then would hold the client's own timeouts back.
            group.addTask {
                try await Task.sleep(for: deadline)
                throw KeyProblem("the key set's address did not answer in time")
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { return [] }
            return first
        }
    }
}
