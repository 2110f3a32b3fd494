/// The description of the API, for machines and for people.
enum DescriptionRoutes {
    /// The document is long and always the same.
    private static let documentTag = Representation.tag(of: OpenAPIDocument.bytes)

    static let routes: [Route] = [
        Route(.get, "/openapi.json", .everyone) { _ async throws(Problem) in
            var answer = Answer(body: OpenAPIDocument.bytes)
            answer.tag = documentTag
            return answer
        },
        Route(.get, "/docs", .everyone) { _ async throws(Problem) in
            var answer = Answer(body: PackageResources.docs_html)
            answer.contentType = "text/html; charset=utf-8"
            return answer
        },
    ]
}
