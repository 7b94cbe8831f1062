"""The stacks that are scanned, once with the least that can be set and once with all of it.

in: template.yml, tester/template.yml, values.json -> out: each stack's resources as they would be made, and their policies
"""

import json
import pathlib
from dataclasses import dataclass

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
    """The template, as it is written or after the transform of SAM: with the roles and event sources that SAM makes."""
    return parse(pathlib.Path(path).read_text(), transformed)


def parse(text, transformed=True):
    template = yaml_parse(text)
    if not transformed:
        return template
    for r in template["Resources"].values():
        if r["Type"] == "AWS::Serverless::Function":
            if "CodeUri" in r["Properties"]:
                r["Properties"]["CodeUri"] = "s3://code/" + r["Properties"]["CodeUri"]
    return transform(template, {}, NoManagedPolicies())


def stacks(root):
    """All stacks; a resource that is in none of them is an error, as it would not be scanned."""
    made, templates = [], {path: read(root / path) for path in NAMES}
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
