/// The version that health, `/v2` and the description of the API name.
public enum LeadwireVersion {
    public static let current = "0.1.0"
}
