"""Documents that people write: YAML that knows its lines, complaints with a mend, one canonical text of a content."""

from remit.documents.canonical import canonical_json, digest_of
from remit.documents.suggestions import suggest
from remit.documents.yaml_lines import KeyPath, Located, Problem, read_mapping, refusal

__all__ = ["KeyPath", "Located", "Problem", "canonical_json", "digest_of", "read_mapping", "refusal", "suggest"]
