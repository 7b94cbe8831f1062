"""The scan of templates that were broken on purpose: a rule set that notices nothing any more is noticed itself.

in: template.yml, mutants.json, exceptions.json -> out: what each fault was noticed by
"""

import json
import pathlib
import tempfile

import exceptions
from policies import lint_policies
from rules import checkov
from stacks import HERE, Stack, broken


def unnoticed(root, check, accepted):
    """Prints a line for each fault; gives those that the expected rules did not notice."""
    mutants = json.loads((HERE / "mutants.json").read_text())
    made = [broken(root, "template.yml", "all", i, m["old"], m["new"]) for i, m in enumerate(mutants)]
    findings = left(made, check, accepted)
    print("\nbroken on purpose:")
    for m, stack in zip(mutants, made):
        rules = sorted({f.rule for f in findings if f.values == stack.values})
        print(f"  {m['what']}: {', '.join(rules) or 'nothing noticed'}")
        if missing := set(m["noticed_by"]) - set(rules):
            yield f"{m['what']}: not noticed by {', '.join(sorted(missing))}"


def left(made: list[Stack], check, accepted):
    with tempfile.TemporaryDirectory() as folder:
        results = [lint_policies(made), *checkov(check, made, folder)]
    return [f for r in results for f in exceptions.remaining(r.findings, accepted)]
