import Testing

@testable import Formats

@Suite struct WebPlaceTests {
    @Test(
        arguments: [
            ("https://Host.Example", "host.example"), ("https://host.example:443/", "host.example"),
            ("http://host.example:80/a/b/", "host.example/a/b"), ("https://host.example:80", "host.example:80"),
            ("http://host.example:8080/ci?x=/y#z", "host.example:8080/ci"), ("https://ann:secret@host.example/a", "host.example/a"),
            ("https://[::1]:9000/a", "[::1]:9000/a"), ("ftp://host.example", nil), ("javascript:alert(1)", nil), ("host.example", nil),
            ("", nil),
        ] as [(String, String?)])
    func `a place is its host, its port unless it is the scheme's own, and its path`(url: String, place: String?) {
        #expect(WebPlace(url)?.text == place)
    }

    @Test(
        arguments: [
            ("https://github.com/Example/shop", "github.com/example/shop"),
            ("https://github.com/example/shop/pull/7", "github.com/example/shop"),
            ("https://api.github.com/repos/example/shop/deployments/3", "github.com/example/shop"),
            ("https://api.octo.ghe.com/repos/example/shop/issues/3", "octo.ghe.com/example/shop"),
            ("https://git.example:8443/api/v3/repos/example/shop", "git.example:8443/example/shop"),
            ("https://git.example:8443/example/shop/issues/1", "git.example:8443/example/shop"), ("https://github.com/example", nil),
        ] as [(String, String?)])
    func `a repository of GitHub is the same by its pages and by its API`(url: String, project: String?) {
        #expect(ForgeProject.gitHub(url) == project)
    }

    @Test(arguments: ["https://api.github.com", "https://github.com/api/v3"])
    func `a repository is asked for where it is`(url: String) {
        #expect(ForgeProject.gitHub(at: url, repository: "Example/shop") == "github.com/example/shop")
    }

    @Test(
        arguments: [
            ("https://gitlab.example.org/Group/sub/shop/-/issues/3", "gitlab.example.org/group/sub/shop"),
            ("https://example.org:8443/gitlab/group/shop/-/pipelines/1", "example.org:8443/gitlab/group/shop"),
            ("https://gitlab.example.org/group/shop/merge_requests/3", "gitlab.example.org/group/shop"),
            ("https://gitlab.example.org/group/shop", "gitlab.example.org/group/shop"), ("https://gitlab.example.org", nil),
        ] as [(String, String?)])
    func `a project of GitLab is known by any of its pages`(url: String, project: String?) {
        #expect(ForgeProject.gitLab(url) == project)
    }
}
