import Scoring
import StorePostgres
import Testing

@Suite struct AddressTests {
    @Test(arguments: [
        ("postgres://ann:secret@db.example:5433/leads", "postgres://ann:***@db.example:5433/leads"),
        (
            "postgresql://ann:se%40cret@h1:1,h2:2/leads?sslmode=require",
            "postgresql://ann:***@h1:1,h2:2/leads?sslmode=require"
        ),
        ("postgres://ann@db/leads", "postgres://ann@db/leads"),
        ("postgres:///leads?user=ann&password=secret", "postgres:///leads?user=ann&password=***"),
        (
            "postgres://db/leads?sslpassword=secret&sslmode=verify-full",
            "postgres://db/leads?sslpassword=***&sslmode=verify-full"
        ),
        // Not percent-encoded, so not even right; it must not show all the same.
        ("postgres://ann:sec@ret@db/leads", "postgres://ann:***@db/leads"),
        ("host=db user=ann password='sec ret' dbname=leads", "user=ann password=*** dbname=leads host=db"),
    ])
    func `an address is shown without its passwords`(_ address: String, _ shown: String) {
        #expect(PostgresAddress.masked(address) == shown)
        #expect(!PostgresAddress.masked(address).contains("sec"))
    }

    @Test(arguments: [
        ("postgres://h/d", true), ("postgresql://h/d", true), ("host=h dbname=d", true), ("dbname=d", true),
        ("sqlite:leads.sqlite", false), ("sqlite:a=b", false), ("leads.sqlite", false), ("redis://h", false),
        ("mysql://h/d?x=1", false),
    ])
    func `what is meant for PostgreSQL is known by its form`(_ text: String, _ isOne: Bool) {
        #expect(PostgresAddress.isOne(text) == isOne)
    }

    @Test(arguments: [
        ("postgres://ann:secret@db:notaport/leads", "percent"), ("postgres://h/d?pasword=secret", "pasword"),
        ("host=db pasword=secret", "pasword"), ("postgres://ann:se/cret@db/leads", "%"),
    ])
    func `an address that can't be read is an error without its values`(_ text: String, _ hint: String) {
        do {
            _ = try PostgresAddress(text)
            // libpq finds a bad port only when it connects.
            #expect(text.contains("notaport") || text.contains("se/cret"))
        } catch {
            #expect(error.message.contains(hint) || error.message.contains("% codes"))
            #expect(!error.message.contains("secret") && !error.message.contains("cret@"))
        }
    }
}

@testable import StorePostgres

@Suite struct FailureTests {
    @Test(arguments: [
        ("53100", StoreError.Code.full), ("25006", .readOnly), ("42501", .readOnly), ("08006", .unavailable),
        ("57P01", .unavailable), ("57P03", .unavailable), ("57014", .unavailable), ("55P03", .unavailable),
        ("40001", .unavailable), ("40P01", .unavailable), ("53300", .unavailable), ("28P01", .unavailable),
        ("3D000", .unavailable), ("58030", .unavailable), ("XX001", .corrupt), ("XX002", .corrupt),
        ("42P01", .corrupt), ("23505", .other), ("22021", .other), ("XX000", .other),
    ])
    func `PostgreSQL's state becomes ours`(_ state: String, _ expected: StoreError.Code) {
        let error = StoreError("commit", PostgresFailure.refused(sqlState: state))
        #expect(error.code == expected)
        #expect(error.message.hasPrefix("commit: PostgreSQL \(state)"))
    }

    @Test func `an array's wire form is the server's`() {
        var column = ArrayBuilder(.text)
        column.append("a")
        column.append(String?.none)
        column.append("\u{0}b")
        let expected: [UInt8] =
            [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 25, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 1, 97, 255, 255, 255, 255, 0, 0, 0]
            + [4, 0xEF, 0xBF, 0xBD, 98]
        #expect(column.finished() == expected)
        #expect(ArrayBuilder(.real).finished() == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 189])
    }
}
