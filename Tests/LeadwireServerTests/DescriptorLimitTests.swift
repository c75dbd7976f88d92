import Testing

@testable import LeadwireServer

struct DescriptorLimitTests {
    @Test(arguments: [
        (20_000, 1_048_576, 20_000), (20_000, 1_024, 768), (20_000, 257, 1), (20_000, 64, 1), (5, 1_024, 5),
    ])
    func `readers leave room for everything else`(wanted: Int, descriptors: Int, expected: Int) {
        #expect(DescriptorLimit.connections(wanted: wanted, descriptors: descriptors) == expected)
    }

    @Test func `the limit is raised once and stays`() {
        let limit = DescriptorLimit.raise()
        #expect(limit > DescriptorLimit.reserve)
        #expect(DescriptorLimit.raise() == limit)
    }
}
