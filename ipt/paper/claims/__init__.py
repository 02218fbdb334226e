"""The claims ledger: what the paper says, checked over its numbers and over ours (`evaluate`, `report`)."""
