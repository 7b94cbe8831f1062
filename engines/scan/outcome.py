"""What a rule set says.

in: - -> out: Finding, Outcome
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Finding:
    """rule is <rule set>/<id>, resource <template>/<type>/<name>, values those of values.json that it is found with."""

    rule: str
    resource: str
    detail: str = field(compare=False)
    values: str = ""


@dataclass
class Outcome:
    """passed counts what was checked without a finding, in the unit of that rule set."""

    rules: str
    passed: int
    unit: str
    findings: set
