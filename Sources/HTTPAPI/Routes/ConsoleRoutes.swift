/// The page that a browser gets: what is for sale now.
enum ConsoleRoutes {
    static let routes: [Route] = [Route(.get, "/", .everyone, page)]

    @Sendable static func page(_ call: Call) async throws(Problem) -> Answer {
        var answer = Answer(body: ConsolePage.html)
        answer.contentType = "text/html; charset=utf-8"
        return answer
    }
}
