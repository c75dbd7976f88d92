// LeadwireServerTests
