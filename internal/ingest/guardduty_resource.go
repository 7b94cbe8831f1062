package ingest

import (
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// resource is one's own side: who acted, or what was acted upon (API Reference, Resource).
func (s *suspects) resource(r object) {
	s.instance(r.at("instanceDetails"))
	s.principal(r.at("accessKeyDetails"))
	s.buckets(r)
	s.container(r.at("containerDetails"))
	s.kubernetes(r.at("kubernetesDetails"))
	s.ecs(r.at("ecsClusterDetails"))
	s.database(r)
	lambda := r.at("lambdaDetails")
	s.arn(lambda.text("functionArn"), s.part)
	s.arn(lambda.text("role"), "")
	for _, path := range [][2]string{
		{"eksClusterDetails", "arn"}, {"ebsSnapshotDetails", "snapshotArn"}, {"ec2ImageDetails", "imageArn"}, {"recoveryPointDetails", "recoveryPointArn"},
		{"bedrockGuardrailDetails", "guardrailArn"},
	} {
		s.arn(r.at(path[0]).text(path[1]), s.part)
	}
	for _, g := range r.at("bedrockGuardrailDetails").objects("guardrails") {
		s.arn(g.text("arn"), s.part)
	}
	for _, v := range r.at("ebsVolumeDetails").objects("scannedVolumeDetails") {
		s.arn(v.text("volumeArn"), responder.ContextObject)
	}
}

func (s *suspects) instance(i object) {
	s.own(responder.TypeInstance, i.text("instanceId"), "instance", s.part)
	for _, n := range i.objects("networkInterfaces") {
		for _, ip := range addresses(n) {
			s.ownIP(ip, "")
		}
		for _, o := range append([]object{n}, n.objects("privateIpAddresses")...) {
			s.hostname(o.text("privateDnsName"), "private DNS name", "")
		}
		s.hostname(n.text("publicDnsName"), "public DNS name", "")
	}
	s.arn(i.at("iamInstanceProfile").text("arn"), "")
}

// principal is who called an API: the key, the user or the role, and the session of a role, which may be that of an
// instance (IAM User Guide, "Logging IAM and AWS STS API calls", on principalId).
func (s *suspects) principal(k object) {
	s.who(responder.TypeAccessKey, k.text("accessKeyId"), "access key")
	s.who(responder.TypeUsername, k.text("userName"), userLabel(k.text("userType")))
	s.session(k.text("principalId"), k.text("userName"))
}

// who adds who acted: one of one's own, or a stranger.
func (s *suspects) who(kind, value, key string) {
	side := responder.ContextLocal
	if s.foreign {
		side = responder.ContextRemote
	}
	s.add(kind, value, key, side, responder.ContextSubject)
}

// userLabel: the name of one with the credentials of a role is that of the role.
func userLabel(kind string) string {
	if kind == "AssumedRole" || kind == "Role" {
		return "role"
	}
	return "user"
}

// session adds the name of a session, the second half of a principal's id.
func (s *suspects) session(principal, user string) {
	_, name, _ := strings.Cut(principal, ":")
	if isInstance(name) {
		s.who(responder.TypeInstance, name, "instance of the session")
	} else if name != user {
		s.who(responder.TypeUsername, name, "session name")
	}
}

// isInstance says whether a text is the id of an instance.
func isInstance(s string) bool {
	id, ok := strings.CutPrefix(s, "i-")
	return ok && len(id) >= 8 && strings.Trim(id, "0123456789abcdef") == ""
}

// buckets are what was looked at or changed; their objects, what was found to be malware. The entity tag of an object that
// was not sent in parts is its MD5, but for one encrypted by KMS (Amazon S3 API Reference, Object, on ETag).
func (s *suspects) buckets(r object) {
	for _, b := range r.objects("s3BucketDetails") {
		s.bucket(or(b.text("name"), strings.TrimPrefix(b.text("arn"), "arn:aws:s3:::")))
		encryption := b.at("defaultServerSideEncryption").text("encryptionType")
		for _, o := range b.objects("s3ObjectDetails") {
			label := "object " + line(o.text("key"), 150)
			s.hash(o.text("hash"), label)
			if tag := strings.Trim(o.text("eTag"), `"`); !strings.Contains(strings.ToLower(encryption), "kms") {
				s.hash(tag, label)
			}
			s.file(o.text("key"), "object in "+line(b.text("name"), 63))
			s.object(o.text("objectArn"))
		}
	}
}

// object adds an object in a bucket.
func (s *suspects) object(arn string) {
	if r, ok := readARN(arn); ok && r.service == "s3" && strings.Contains(r.resource, "/") {
		s.own(responder.TypeARN, arn, "S3 object", responder.ContextObject)
	}
}

func (s *suspects) container(c object) {
	id := c.text("id")
	if _, bare, ok := strings.Cut(id, "://"); ok { // containerd://0123…
		id = bare
	}
	s.own(responder.TypeContainer, id, strings.TrimSpace("container "+line(c.text("name"), 100)), s.part)
	s.own(responder.TypeImage, c.text("image"), "container image", "")
}

func (s *suspects) kubernetes(k object) {
	user := k.at("kubernetesUserDetails")
	s.user(user.text("username"), "Kubernetes user")
	s.user(user.at("impersonatedUser").text("username"), "impersonated Kubernetes user")
	for _, name := range user.texts("sessionName") {
		s.user(name, "session name")
	}
	w := k.at("kubernetesWorkloadDetails")
	if kind := w.text("type"); kind == "pods" || kind == "PODS" {
		s.hostname(w.text("name"), "pod", s.part)
	}
	if account, space := w.text("serviceAccountName"), w.text("namespace"); account != "" && space != "" {
		s.own(responder.TypeUsername, "system:serviceaccount:"+space+":"+account, "service account", "")
	}
	s.workload(w)
}

// workload has containers, and directories of its host, which may be what a finding is about.
func (s *suspects) workload(w object) {
	for _, c := range w.objects("containers") {
		s.container(c)
	}
	for _, v := range w.objects("volumes") {
		s.file(v.at("hostPath").text("path"), "host path, mounted as "+line(v.text("name"), 100))
	}
}

func (s *suspects) ecs(c object) {
	s.arn(c.text("arn"), s.part)
	task := c.at("taskDetails")
	s.arn(task.text("arn"), s.part)
	s.arn(task.text("definitionArn"), "")
	s.workload(task)
}

func (s *suspects) database(r object) {
	s.arn(r.at("rdsDbInstanceDetails").text("dbInstanceArn"), s.part)
	s.arn(r.at("rdsLimitlessDbDetails").text("dbShardGroupArn"), s.part)
	s.user(r.at("rdsDbUserDetails").text("user"), "database user")
}
