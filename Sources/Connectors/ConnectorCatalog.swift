import Model

/// All kinds of sources, in the order in which they are read and documented.
package enum ConnectorCatalog {
    package static let all: [any Connector.Type] = [
        GitConnector.self, ChangesConnector.self, LogsConnector.self, MetricsConnector.self, TracesConnector.self,
        TestsConnector.self, AlertsConnector.self, FeedConnector.self, ReportsConnector.self, TopologyConnector.self,
        EventsConnector.self, WebhooksConnector.self, PrometheusConnector.self, GraphiteConnector.self, AlertmanagerConnector.self,
        PagerDutyConnector.self, GrafanaConnector.self, LokiConnector.self, ElasticsearchConnector.self, KubernetesConnector.self,
        JaegerConnector.self, ZipkinConnector.self, TempoConnector.self, GitHubConnector.self, GitLabConnector.self,
        BuildbotConnector.self, JenkinsConnector.self, JiraConnector.self, WebFeedConnector.self, MailConnector.self,
        SQLConnector.self, JournaldConnector.self, ExecConnector.self,
    ]

    /// The settings that every kind has which asks over HTTP.
    package static let httpSettings = HTTPSource.settings

    package static func kind(_ name: String) throws(ConnectorError) -> any Connector.Type {
        if let found = all.first(where: { $0.descriptor.kind == name }) { return found }
        throw .unknownKind(kind: name.clipped(to: 60), nearest: nearestName(to: name, among: all.map { $0.descriptor.kind }))
    }
}
