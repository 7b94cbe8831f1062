"""Findings that are accepted, each with its reason.

in: exceptions.json, findings -> out: what stands against the scan
"""

import fnmatch
import json
from dataclasses import dataclass


@dataclass
class Accepted:
    """rule as in Finding; resource may have *; values, if given, as in Finding; reason is a sentence."""

    rule: str
    resource: str
    reason: str
    values: str = ""
    matched: int = 0

    def covers(self, finding):
        same = self.values in ("", finding.values.split("#")[0])
        return same and finding.rule == self.rule and fnmatch.fnmatchcase(finding.resource, self.resource)


def read(path):
    accepted = [Accepted(**e) for e in json.loads(path.read_text())]
    for e in accepted:
        if len(e.reason.split()) < 5:
            raise ValueError(f"{path.name}: {e.rule} of {e.resource}: reason: {e.reason!r}, expected a sentence")
    return accepted


def remaining(findings, accepted):
    """The findings that no exception covers. Counts in each exception what it covers."""
    left = []
    for f in sorted(findings, key=lambda f: (f.rule, f.resource)):
        covering = [e for e in accepted if e.covers(f)]
        for e in covering:
            e.matched += 1
        if not covering:
            left.append(f)
    return left
