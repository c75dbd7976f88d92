// StoreSQLiteTests
