"""parliament: each policy document, as AWS would read it.

in: stacks -> out: an Outcome

It knows the actions, resources and conditions of AWS (Service Authorization Reference) as of its release: an action that is
newer than it is a finding, UNKNOWN_ACTION.
"""

import json
import os

import parliament

from outcome import Finding, Outcome
from resolve import iam_arn

COMMUNITY = os.path.join(os.path.dirname(parliament.__file__), "community_auditors", "config_override.yaml")


def lint_policies(stacks):
    parliament.override_config(COMMUNITY)
    findings, passed = set(), 0
    for stack in stacks:
        for name, document in stack.documents():
            text = json.dumps(whole(document, name), sort_keys=True)
            found = analyze(text, stack, name)
            findings |= found
            passed += not found
    return Outcome("parliament", passed, "policies", findings | managed(stacks))


def whole(document, name):
    """A role's trust policy names no resource, which is the role itself; parliament expects that each statement does."""
    if not trusts(document):
        return document
    role = {"Resource": iam_arn(f"role/{name}")}
    return document | {"Statement": [role | s for s in listed(document["Statement"])]}


def trusts(document):
    statements = listed(document["Statement"])
    return all("Principal" in s and listed(s.get("Action")) == ["sts:AssumeRole"] for s in statements)


def listed(v):
    return v if isinstance(v, list) else [v]


def analyze(text, stack, name):
    """The auditors of the community are about what a role may do: to them who trusts hands out credentials."""
    community = not trusts(json.loads(text))
    policy = parliament.analyze_policy_string(text, include_community_auditors=community)
    found = map(parliament.enhance_finding, policy.findings)
    return {Finding(f"parliament/{f.issue}", stack.id(name), f"{f.title} {f.detail}", stack.values) for f in found if f.severity != "MUTED"}


def managed(stacks):
    """A managed policy is attached by its name: what it allows is not in the template, and no linter saw it."""
    return {
        Finding("parliament/MANAGED_POLICY", f"{s.id(name)}/{policy.split('/')[-1]}", "what it allows was not read", s.values)
        for s in stacks
        for name, r in s.resources.items()
        for policy in r.get("Properties", {}).get("ManagedPolicyArns", [])
    }
