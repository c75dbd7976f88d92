// LeadwireServer
