import JSONBytes

/// The files that lie in the program itself: the board, the readable description and the description for machines.
enum Pages {
    static let board = page(PackageResources.board_html)
    static let docs = page(PackageResources.docs_html)
    static let description = Reply.json(PackageResources.openapi_json)

    private static func page(_ bytes: [UInt8]) -> Reply {
        Reply(
            contentType: "text/html; charset=utf-8",
            headers: [
                // What may run and be asked stands in the page itself, with its hashes; a frame can only be forbidden here.
                ("Content-Security-Policy", "frame-ancestors 'none'"), ("Referrer-Policy", "no-referrer"),
                ("Cross-Origin-Opener-Policy", "same-origin"), ("Cache-Control", "no-cache"),
            ], body: .bytes(bytes))
    }
}

/// What other programs may want of the embedded files.
public enum APIDescription {
    /// OpenAPI 3.1 as JSON, the same bytes that `/openapi.json` answers.
    public static var openAPI: [UInt8] { PackageResources.openapi_json }
}
