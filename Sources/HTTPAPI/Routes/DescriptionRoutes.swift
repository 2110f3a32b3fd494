/// The description of the API, for machines and for people.
enum DescriptionRoutes {
    static let routes: [Route] = [
        Route(.get, "/openapi.json", .everyone) { _ async throws(Problem) in Answer(body: OpenAPIDocument.bytes) },
        Route(.get, "/docs", .everyone) { _ async throws(Problem) in
            var answer = Answer(body: PackageResources.docs_html)
            answer.contentType = "text/html; charset=utf-8"
            return answer
        },
    ]
}
