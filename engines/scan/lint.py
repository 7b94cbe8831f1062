"""cfn-lint: what CloudFormation would refuse, or advises against; errors, warnings and information.

in: the templates -> out: an Outcome
"""

import json
import re
import subprocess

from outcome import Finding, Outcome

FOUND = (0, 2, 4, 6, 8, 10, 12, 14)  # exit codes of a run that came to its end


def cfn_lint(program, root, templates, types):
    """types: template -> resource -> type, of the template as it is written."""
    findings = set()
    for m in run(program, root, ["-c", "I", "-f", "json", "--", *templates]):
        path, template = m["Location"]["Path"] or [], m["Filename"]
        name = path[1] if len(path) > 1 and path[0] == "Resources" else ""
        where = f"{template}/{types[template].get(name, '/'.join(map(str, path[:2])))}/{name}".rstrip("/")
        findings.add(Finding(f"cfn-lint/{m['Rule']['Id']}", where, m["Message"]))
    rules = len(re.findall(r"(?m)^[EWI]\d{4}:", subprocess.run([program, "-l"], capture_output=True, text=True, check=True).stdout))
    failed = {(f.rule, f.resource.split(".yml/")[0]) for f in findings}
    return Outcome("cfn-lint", rules * len(templates) - len(failed), "rules", findings)


def run(program, root, arguments):
    done = subprocess.run([program, *arguments], cwd=root, capture_output=True, text=True)
    if done.returncode not in FOUND:
        raise RuntimeError(f"cfn-lint: exit code {done.returncode}: {done.stderr[-500:]}")
    return json.loads(done.stdout)
