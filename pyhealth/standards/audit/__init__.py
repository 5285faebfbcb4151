"""FHIR AuditEvent, in the shapes of IHE BALP: out of receipts, and in from a custodian's log."""
