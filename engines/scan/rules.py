"""checkov: its rules for CloudFormation, and its rules for Terraform where it has none for CloudFormation.

in: stacks -> out: two Outcomes

Who may send to a queue or a topic, and a queue that is encrypted by SQS itself, are known to its rules for Terraform alone:
queues and the policies of queues and topics are written in Terraform's form too. Some rules read no more than the first
statement of a policy, others than the first policy of a role: roles are given as they are, and with each statement in a role
of its own.
"""

import json
import os
import pathlib
import subprocess

from outcome import Finding, Outcome

# Types of Terraform: of CloudFormation, and what the resource is written as
FORMS = {
    "aws_sqs_queue": (
        "AWS::SQS::Queue",
        lambda p: {"sqs_managed_sse_enabled": p.get("SqsManagedSseEnabled"), "kms_master_key_id": p.get("KmsMasterKeyId")},
    ),
    "aws_sqs_queue_policy": ("AWS::SQS::QueuePolicy", lambda p: {"queue_url": p["Queues"][0], "policy": p["PolicyDocument"]}),
    "aws_sns_topic_policy": ("AWS::SNS::TopicPolicy", lambda p: {"arn": p["Topics"][0], "policy": p["PolicyDocument"]}),
}


def checkov(program, stacks, folder):
    """folder: an empty one, to write what is scanned into."""
    for n, stack in enumerate(stacks):
        directory = pathlib.Path(folder) / str(n)
        directory.mkdir()
        for file, resources in {"stack": stack.resources, "split": dict(split(stack.resources))}.items():
            template = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}
            (directory / f"{file}.json").write_text(json.dumps(template, indent=1))
        (directory / "stack.tf").write_text("\n".join(terraform(stack)))
    for name, framework in {"checkov": "cloudformation", "checkov-terraform": "terraform"}.items():
        yield outcome(name, run(program, framework, folder), stacks)


def terraform(stack):
    for kind, (of, form) in FORMS.items():
        for name, r in stack.resources.items():
            for n, properties in enumerate(alone(form(r["Properties"]), "policy") if r["Type"] == of else []):
                yield f'resource "{kind}" "{name}-{n}" {{'
                yield from (f"  {k} = {text(v)}" for k, v in properties.items() if v is not None)
                yield "}"


def split(resources):
    """Each statement of a role's policies in a role of its own, called <role>-<number>; likewise of a policy beside a role."""
    for name, r in resources.items():
        properties = r.get("Properties", {})
        if r["Type"] == "AWS::IAM::Policy":
            yield from ((f"{name}-{n}", r | {"Properties": p}) for n, p in enumerate(alone(properties, "PolicyDocument")))
        policies = [one for p in properties.get("Policies", []) for one in alone(p, "PolicyDocument")]
        yield from ((f"{name}-{n}", r | {"Properties": properties | {"Policies": [p]}}) for n, p in enumerate(policies))


def alone(holder, key):
    """What holds a policy under a key, once for each of its statements; once as it is if it holds none."""
    if key not in holder:
        return [holder]
    return [holder | {key: holder[key] | {"Statement": [s]}} for s in holder[key]["Statement"]]


def text(v):
    if isinstance(v, dict):
        return f"<<EOT\n{json.dumps(v, indent=1).replace('${', '$${')}\nEOT"
    return json.dumps(v)


def run(program, framework, folder):
    """The report of a framework. Without a key checkov sends nothing; --skip-download has it fetch nothing."""
    arguments = ["--framework", framework, "--skip-download", "--compact", "-o", "json", "-d", folder]
    environment = os.environ | {"LOG_LEVEL": "ERROR", "CHECKOV_RUN_SECRETS_SCAN": "false", "CKV_SKIP_PACKAGE_UPDATE_CHECK": "true"}
    done = subprocess.run([program, *arguments], capture_output=True, text=True, env=environment)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"checkov: exit code {done.returncode}: {done.stderr[-500:]}")
    report = json.loads(done.stdout)
    if report["summary"]["parsing_errors"]:
        raise RuntimeError(f"checkov: {framework}: {report['results'].get('parsing_errors')}: not parsed")
    return report


def outcome(name, report, stacks):
    failed, passed = ({finding(name, c, stacks) for c in report["results"][of]} for of in ("failed_checks", "passed_checks"))
    return Outcome(name, len(passed - failed), "checks", failed)


def finding(name, check, stacks):
    stack = stacks[int(check["file_path"].strip("/").split("/")[0])]
    resource = check["resource"].split(".")[-1].split("-")[0]
    return Finding(f"{name}/{check['check_id']}", stack.id(resource), check["check_name"], stack.values)
