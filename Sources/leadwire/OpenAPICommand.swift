import ArgumentParser
import LeadwireServer

/// `leadwire openapi`.
struct OpenAPICommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "openapi",
        abstract: "Print the description of the API, OpenAPI 3.1 as JSON.",
        discussion: """
            The same bytes that a running server answers at /openapi.json.

            Example:
              leadwire openapi > openapi.json
            """)

    func run() throws {
        Terminal.printJSON(APIDescription.openAPI)
    }
}
