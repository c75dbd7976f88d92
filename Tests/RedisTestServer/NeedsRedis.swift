public import Testing

/// Tests that need a real server. Without one they are skipped, aloud; CI must have one.
extension Trait where Self == ConditionTrait {
    public static var needsRedis: Self {
        .enabled(
            if: RedisProcess.sharedAddress != nil,
            "NOT RUN: LEADWIRE_TEST_REDIS is not set; scripts/redis-test-server.sh run COMMAND starts a server")
    }
}
