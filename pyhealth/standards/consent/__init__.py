"""FHIR Consent, in and out: R4 and R5, in the shapes of IHE PCF and in others."""
