"""A template with its functions of CloudFormation carried out, for scanners that know none.

in: a template without transforms, and values of its parameters -> out: resources and outputs of plain JSON

What a resource is called in AWS is made up (account 123456789012, us-east-1), in the form that the service gives it:
AWS CloudFormation User Guide, Intrinsic function reference; Ref and Fn::GetAtt as in the Template reference of each type.
What this file does not know raises, so that nothing is scanned that was not resolved.
"""

import re

PARTITION, REGION, ACCOUNT = "aws", "us-east-1", "123456789012"
NOTHING = object()  # AWS::NoValue: the property is left out


def arn(service, name):
    return f"arn:{PARTITION}:{service}:{REGION}:{ACCOUNT}:{name}"


def iam_arn(name):
    return f"arn:{PARTITION}:iam::{ACCOUNT}:{name}"


# type: what Ref gives, and what GetAtt gives; both of the name
RETURNS = {
    "AWS::DynamoDB::Table": (str, {"Arn": lambda n: arn("dynamodb", f"table/{n}")}),
    "AWS::IAM::Role": (str, {"Arn": lambda n: iam_arn(f"role/{n}")}),
    "AWS::Lambda::Function": (str, {"Arn": lambda n: arn("lambda", f"function:{n}")}),
    "AWS::Logs::LogGroup": (str, {"Arn": lambda n: arn("logs", f"log-group:{n}:*")}),
    "AWS::SNS::Topic": (lambda n: arn("sns", n), {"TopicName": str}),
    "AWS::SQS::Queue": (
        lambda n: f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{n}",
        {"Arn": lambda n: arn("sqs", n), "QueueName": str},
    ),
    "AWS::SSM::Parameter": (str, {}),
}
NAMES = ("FunctionName", "LogGroupName", "Name", "QueueName", "RoleName", "TableName", "TopicName")


class Resolver:
    """One template with one set of values. imports: name of an export -> its value, of the stacks that stand before it."""

    def __init__(self, template, values, stack, imports=None):
        self.template, self.stack, self.imports = template, stack, {} if imports is None else imports
        self.resources = template["Resources"]
        declared = template.get("Parameters", {})
        self.values = {name: values.get(name, p.get("Default")) for name, p in declared.items()}
        self.values |= {
            "AWS::AccountId": ACCOUNT,
            "AWS::NoValue": NOTHING,
            "AWS::Partition": PARTITION,
            "AWS::Region": REGION,
            "AWS::StackName": stack,
            "AWS::URLSuffix": "amazonaws.com",
        }

    def plain(self):
        """The resources whose condition holds, as they would be made."""
        kept = {n: r for n, r in self.resources.items() if self.holds(r.get("Condition"))}
        fields = ("DeletionPolicy", "Properties", "Type", "UpdateReplacePolicy")
        return {n: self.resolve({f: r[f] for f in fields if f in r}) for n, r in kept.items()}

    def exports(self):
        outputs = self.template.get("Outputs", {}).values()
        return {self.resolve(o["Export"]["Name"]): self.resolve(o["Value"]) for o in outputs if "Export" in o}

    def holds(self, condition):
        return condition is None or self.resolve(self.template["Conditions"][condition])

    def resolve(self, v):
        if isinstance(v, list):
            return [r for r in map(self.resolve, v) if r is not NOTHING]
        if not isinstance(v, dict):
            return v
        if len(v) == 1:
            (name, argument), = v.items()
            if name in FUNCTIONS:
                return FUNCTIONS[name](self, argument)
            if name.startswith("Fn::"):
                raise ValueError(f"{name}: not known to scan/resolve.py")
        resolved = {k: self.resolve(inner) for k, inner in v.items()}
        return {k: r for k, r in resolved.items() if r is not NOTHING}

    def ref(self, name):
        if name in self.resources:
            return self.returns(name)[0](self.physical(name))
        if self.values.get(name) is None:
            raise ValueError(f"parameter {name}: it has no default, expected a value in scan/values.json")
        return self.values[name]

    def attribute(self, argument):
        name, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
        known = self.returns(name)[1]
        if attribute not in known:
            raise ValueError(f"{name}.{attribute}: not known to scan/resolve.py")
        return known[attribute](self.physical(name))

    def returns(self, name):
        kind = self.resources[name]["Type"]
        if kind not in RETURNS:
            raise ValueError(f"{name}: what a reference to {kind} gives is not known to scan/resolve.py")
        return RETURNS[kind]

    def physical(self, name):
        """The name of a resource: its own if it is given, or one as CloudFormation makes it."""
        properties = self.resources[name].get("Properties", {})
        for key in NAMES:
            given = self.resolve(properties.get(key, NOTHING))
            if isinstance(given, str):
                return given
        return f"{self.stack}-{name}"

    def sub(self, argument):
        text, own = argument if isinstance(argument, list) else (argument, {})

        def put(match):
            name = match[1]
            if name in own:
                return str(self.resolve(own[name]))
            known = name in self.resources or name in self.values
            return str(self.ref(name) if known else self.attribute(name))

        return re.sub(r"\$\{([^!}][^}]*)\}", put, text).replace("${!", "${")

    def choose(self, argument):
        condition, yes, no = argument
        return self.resolve(yes if self.holds(condition) else no)

    def find(self, argument):
        name, first, second = self.resolve(argument)
        return self.template["Mappings"][name][first][second]

    def imported(self, argument):
        name = self.resolve(argument)
        if name not in self.imports:
            raise ValueError(f"import of {name}: no stack exports it")
        return self.imports[name]


def join(r, argument):
    separator, parts = r.resolve(argument)
    return separator.join(map(str, parts))


def equals(r, argument):
    a, b = r.resolve(argument)
    return str(a) == str(b)


def split(r, argument):
    separator, text = r.resolve(argument)
    return text.split(separator)


FUNCTIONS = {
    "Condition": lambda r, a: r.holds(a) if isinstance(a, str) else {"Condition": r.resolve(a)},
    "Fn::And": lambda r, a: all(r.resolve(a)),
    "Fn::Equals": equals,
    "Fn::FindInMap": Resolver.find,
    "Fn::GetAtt": Resolver.attribute,
    "Fn::If": Resolver.choose,
    "Fn::ImportValue": Resolver.imported,
    "Fn::Join": join,
    "Fn::Not": lambda r, a: not any(r.resolve(a)),
    "Fn::Or": lambda r, a: any(r.resolve(a)),
    "Fn::Split": split,
    "Fn::Sub": Resolver.sub,
    "Ref": Resolver.ref,
}
