"""The stacks that are scanned, once with the least that can be set and once with all of it.

in: template.yml, tester/template.yml, values.json -> out: each stack's resources as they would be made, and their policies
"""

import json
import pathlib
import subprocess
from dataclasses import dataclass

from ministack.services.cloudformation import language_extensions
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

from resolve import Resolver

HERE = pathlib.Path(__file__).parent
NAMES = {"template.yml": "ar", "tester/template.yml": "tester", "tester/python/template.yml": "python"}


@dataclass
class Stack:
    """template is a path from the root; values says which of values.json."""

    template: str
    values: str
    resources: dict

    def id(self, resource):
        """What an exception names: the template, the type and the resource."""
        return f"{self.template}/{self.resources[resource]['Type']}/{resource}"

    def documents(self):
        """(resource, document) of each policy, wherever it stands."""
        for name, r in sorted(self.resources.items()):
            yield from ((name, d) for d in find(r.get("Properties", {})))


def find(v):
    if isinstance(v, dict) and "Statement" in v:
        yield v
    elif isinstance(v, (dict, list)):
        for inner in v.values() if isinstance(v, dict) else v:
            yield from find(inner)


class NoManagedPolicies:
    def load(self):
        return {}


def read(path, transformed=True):
    """The template with its loops carried out, before or after the transform of SAM: with the roles and event sources that SAM
    makes."""
    return parse(pathlib.Path(path).read_text(), transformed)


def parse(text, transformed=True):
    template = expanded(yaml_parse(text))
    return serverless(template) if transformed else template


def expanded(template):
    """What AWS::LanguageExtensions makes of it, as MiniStack has measured it on an account."""
    if language_extensions.TRANSFORM in listed(template.get("Transform")):
        template = language_extensions.apply(template, {})
        template["Transform"] = "AWS::Serverless-2016-10-31"
    return template


def listed(v):
    return v if isinstance(v, list) else [v]


def serverless(template):
    for r in template["Resources"].values():
        if r["Type"] == "AWS::Serverless::Function":
            if "CodeUri" in r["Properties"]:
                r["Properties"]["CodeUri"] = "s3://code/" + r["Properties"]["CodeUri"]
    return transform(template, {}, NoManagedPolicies())


def stacks(root):
    """All stacks; a resource that is in none of them is an error, as it would not be scanned. So is a loop that the project's
    own tests see otherwise (scripts/cfn)."""
    made, templates = [], {path: read(root / path) for path in NAMES}
    for path in NAMES:
        compare(root, path, json.loads((HERE / "values.json").read_text()))
    for values, of in json.loads((HERE / "values.json").read_text()).items():
        exports = {}
        for path, template in templates.items():
            r = Resolver(template, of[path], NAMES[path], exports)
            exports |= r.exports()
            made.append(Stack(path, values, r.plain()))
    for path, template in templates.items():
        seen = set().union(*(s.resources for s in made if s.template == path))
        if missing := set(template["Resources"]) - seen:
            raise ValueError(f"{path}: {sorted(missing)} are in no stack, expected values in scan/values.json that make them")
    return made


def broken(root, path, values, number, old, new):
    """The stack of a template where old stands as new; its values are called <values>#<number>."""
    text = (root / path).read_text()
    if old not in text:
        raise ValueError(f"{path}: {old!r} is not in it, expected by scan/mutants.json")
    of = json.loads((HERE / "values.json").read_text())[values][path]
    resources = Resolver(parse(text.replace(old, new)), of, NAMES[path]).plain()
    return Stack(path, f"{values}#{number}", resources)


def compare(root, path, values):
    """Two ways to carry out loops, with no values and with all: what is left of functions is carried out in the same way."""
    command = ["go", "run", "./scripts/minify", "-expand", path]
    ours = json.loads(subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout)
    templates = [serverless(ours), read(root / path)]
    for of in values.values():
        made = [Resolver(t, of[path], NAMES[path], Anything()).plain() for t in templates]
        for name in sorted(set(made[0]) | set(made[1])):
            one, other = made[0].get(name), made[1].get(name)
            if one != other:
                raise ValueError(f"{path}: {name}: {one} by scripts/cfn, {other} by MiniStack")


class Anything(dict):
    """Exports of every name."""

    def __contains__(self, name):
        return True

    def __missing__(self, name):
        return name
