"""Claims, coverages and plans read from FHIR R4, X12 837, CSV and YAML; decisions written back."""
