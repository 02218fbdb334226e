"""Internal consistency of the paper's own numbers: `report.audit_reported` finds, `report.write_audit` writes."""
