"""Scans the templates by rule sets that others wrote.

in: template.yml, tester/template.yml, exceptions.json -> out: a table; exit code 1 for a finding without an exception, or an
exception without a finding
"""

import logging
import os
import pathlib
import sys
import tempfile

logging.getLogger("samtranslator").setLevel(logging.ERROR)

import exceptions
from lint import cfn_lint
from mutants import unnoticed
from policies import lint_policies
from rules import checkov
from stacks import HERE, NAMES, read, stacks


def outcomes(root, lint, check):
    """What each rule set says of the templates under root; lint and check are the programs of cfn-lint and checkov."""
    made = stacks(root)
    with tempfile.TemporaryDirectory() as folder:
        yield cfn_lint(lint, root, list(NAMES), {path: types(root / path) for path in NAMES})
        yield lint_policies(made)
        yield from checkov(check, made, folder)


def types(path):
    return {name: r["Type"] for name, r in read(path, transformed=False)["Resources"].items()}


def table(results, accepted):
    print(f"{'rule set':<18} {'passed':>6} {'':<9} {'accepted':>8} {'open':>5}")
    for r in results:
        left = exceptions.remaining(r.findings, accepted)
        print(f"{r.rules:<18} {r.passed:>6} {r.unit:<9} {len(r.findings) - len(left):>8} {len(left):>5}")
        yield from left


def main(root, lint, check):
    root = pathlib.Path(root)
    accepted = exceptions.read(HERE / "exceptions.json")
    left = list(table(outcomes(root, lint, check), accepted))
    print("\naccepted:")
    for e in accepted:
        print(f"  {e.rule} of {e.resource} ({e.matched}): {e.reason}")
    faults = [f"{f.rule} of {f.resource}: {f.detail}" for f in left]
    faults += [
        f"{e.rule} of {e.resource}: nothing is found any more, take it out of exceptions.json" for e in accepted if not e.matched
    ]
    if not faults:  # what is broken already needs no breaking
        faults += unnoticed(root, check, accepted)
    tried = set(pathlib.Path(os.environ["OFFLINE_NOTES"]).read_text().splitlines())
    faults += [f"{note}: a scan makes no connections" for note in sorted(tried)]
    print()
    faults = list(dict.fromkeys(faults))  # the same with the least and with all is one
    for fault in faults:
        print(f"FAIL {fault}")
    print(f"scan: {len(faults)} faults" if faults else "scan: ok")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
