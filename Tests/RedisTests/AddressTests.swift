import Testing

@testable import Redis

@Suite struct AddressTests {
    @Test func `each part is read, with its default`() throws {
        let plain = try RedisAddress("redis://cache")
        #expect(plain.host == "cache" && plain.port == 6_379 && plain.database == 0 && !plain.isSecure)
        #expect(plain.user == nil && plain.password == nil && plain.certificateFile == nil)
        let full = try RedisAddress("rediss://ann%40x:p%3Aa%2F%40%25@cache.example:6380/12?cafile=/etc/root%20ca.pem")
        #expect(full.host == "cache.example" && full.port == 6_380 && full.database == 12 && full.isSecure)
        #expect(full.user == "ann@x" && full.password == "p:a/@%" && full.certificateFile == "/etc/root ca.pem")
        let alone = try RedisAddress("REDIS://:secret@[::1]:7000/")
        #expect(alone.host == "::1" && alone.port == 7_000 && alone.user == nil && alone.password == "secret")
    }

    @Test(arguments: [
        ("redis://ann:secret@db:6380/2", "redis://ann:***@db:6380/2"), ("redis://:secret@db", "redis://:***@db:6379/0"),
        ("rediss://a%2Fb:secret@[::1]?cafile=/r.pem", "rediss://a%2Fb:***@[::1]:6379/0?cafile=/r.pem"),
        ("redis://db/1", "redis://db:6379/1"),
        // Wrong ones must not show either.
        ("redis://ann:sec/ret@db", "redis://ann:***@db"), ("redis://ann:sec@ret@db:1/0", "redis://ann:***@db:1/0"),
        ("redis://ann:secret", "redis://***"), ("redis://secret@db", "redis://:***@db"),
        ("redis://ann:secret/db", "redis://***"), ("redis://db?password=secret", "redis://***"),
        ("secret", "***"), ("redis://ann:secret@db?secret=secret", "redis://ann:***@db"),
        ("redis://ann:sec?ret@db", "redis://ann:***@db"),
    ])
    func `an address is shown without its password`(_ text: String, _ shown: String) {
        #expect(RedisAddress.masked(text) == shown)
        #expect(!RedisAddress.masked(text).contains("sec"))
        if let address = try? RedisAddress(text) { #expect(address.description == shown) }
    }

    @Test(arguments: [
        ("http://h", "neither redis://"), ("redis:h", "neither redis://"), ("redis://", "no host"),
        ("redis://h:0", "port"), ("redis://h:65536", "port"), ("redis://h:6379x", "port"), ("redis://h:+1", "port"),
        ("redis://[::1", "bracket"), ("redis://[::1]x", "port"),
        ("redis://secret@h", "user:password@host"), ("redis://ann:@h", "password is empty"),
        ("redis://ann:se/cret@h", "percent-encoded"), ("redis://ann:se?cret@h", "percent-encoded"),
        ("redis://ann:se cret@h", "percent-encoded"), ("redis://ann:se#cret@h", "percent-encoded"),
        ("redis://ann:secrét@h", "percent-encoded"), ("redis://ann:se@cret@h", "% codes"),
        ("redis://ann:secret%2@h", "hexadecimal"), ("redis://ann:secret%zz@h", "hexadecimal"),
        ("redis://ann:secret%FF@h", "UTF-8"), ("redis://h/x", "number of a database"),
        ("redis://h/-1", "number of a database"), ("redis://h/1/2", "number of a database"),
        ("redis://h/123456", "number of a database"), ("rediss://h?cafil=/x", "no option is called cafil"),
        ("rediss://h?cafile=", "names no file"), ("redis://h?cafile=/x", "for rediss://"),
        ("rediss://h?se-cret=1", "only option is cafile"),
    ])
    func `a wrong address says what is wrong and repeats nothing`(_ text: String, _ hint: String) {
        do {
            let address = try RedisAddress(text)
            Issue.record("\(address) was taken")
        } catch {
            #expect(error.description.contains(hint), "\(error.description)")
            #expect(!error.description.contains("cret"))
        }
    }
}
