"""Study records of registries, of FHIR and of our own, read into one value.

bytes -> syntax (JSON, XML, YAML) -> form (by shape) -> StudyRecord, and what it could not carry
"""
