/// Where a canvas or a report stands, which decides where its links lead.
package enum CasePlace: Sendable {
    /// `investigations/N/` of a published site.
    case site
    /// A folder of its own that holds canvas, report and `investigation.json`, without a site around it.
    case alone
    /// One file that left its folder, without anything beside it.
    case single
}
