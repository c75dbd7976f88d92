// ForestTests
