package ingest

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// alertEntities are the entities that labels and annotations name by what people usually call them, labels first, and those
// in what people wrote.
func alertEntities(labels, annotations object) []responder.Attribute {
	e := &entities{}
	for _, o := range []object{labels, annotations} {
		e.labelEnds(o)
		for _, name := range slices.Sorted(maps.Keys(o)) {
			if value := strings.TrimSpace(o.text(name)); value != "" && !exporters(o, name, value) {
				e.label(strings.ToLower(strings.TrimPrefix(name, "exported_")), value)
			}
		}
	}
	for _, name := range []string{"summary", "description", "message", "info"} {
		e.further(annotations.text(name))
	}
	return e.list
}

// exporters says that a label names who measured, and not what was measured: Prometheus keeps the label of what was measured
// as exported_, the metrics of all pods and nodes come from one kube-state-metrics, and those of a node from a pod of its own
// (Prometheus documentation, "Configuration", honor_labels).
func exporters(labels object, name, value string) bool {
	if labels.has("exported_" + name) {
		return true
	}
	who := ""
	for _, s := range []string{labels.text("job"), labels.text("container"), labels.text("service"), labels.text("pod")} {
		for _, exporter := range []string{"kube-state-metrics", "node-exporter"} {
			if strings.Contains(s, exporter) {
				who = exporter
			}
		}
	}
	switch name {
	case "instance":
		return who == "kube-state-metrics"
	case "pod", "container", "endpoint", "service":
		return who != "" && strings.Contains(value, who)
	}
	return false
}

// labelEnds adds the two ends of a connection.
func (e *entities) labelEnds(o object) {
	src := first(o, "src_ip", "source_ip", "srcip", "sourceip", "source_address", "src_addr", "client_ip", "clientip", "client_address", "attacker_ip")
	dst := first(o, "dst_ip", "dest_ip", "destination_ip", "dstip", "destination_address", "dst_addr", "server_ip")
	e.ends(src, dst, "")
	for _, name := range []string{"remote_ip", "remote_addr", "remote_address", "peer_ip", "fd_rip"} {
		if ip := address(o.text(name)); ip != "" {
			e.remoteAddr(ip, "")
		}
	}
	e.ends(o.text("fd_cip"), o.text("fd_sip"), "")
}

// label adds the entity that a label of this name is.
func (e *entities) label(name, value string) {
	switch name {
	case "instance", "target":
		e.target(value)
	case "node", "host", "hostname", "nodename", "node_name", "kubernetes_node", "k8s_node_name", "server", "machine", "vm":
		e.host(value, "host", "")
	case "pod", "pod_name", "kubernetes_pod_name", "k8s_pod_name":
		e.own(responder.TypeHostname, value, "pod", "")
	case "container_id":
		e.own(responder.TypeContainer, value[strings.LastIndexByte(value, '/')+1:], "container", "")
	case "container", "container_name":
		e.own(responder.TypeContainer, value, "container", "")
	case "image", "container_image", "image_spec", "container_image_repository":
		e.own(responder.TypeImage, value, "container image", "")
	case "user", "username", "user_name", "src_user", "account_name":
		e.user(value, "user")
	case "domain", "fqdn", "query_name", "dns_query":
		e.add(responder.TypeDomain, value, "domain")
	case "url":
		e.add(responder.TypeURL, value, "URL")
	case "process", "process_name", "proc_name", "exe", "proc_exepath":
		e.own(responder.TypeProcess, value, "process", responder.ContextSubject)
	case "file_path", "filepath", "fd_name":
		if strings.HasPrefix(value, "/") {
			e.add(responder.TypeFile, value, "file", responder.ContextFile, responder.ContextObject)
		}
	case "sha256", "sha1", "md5", "file_hash", "hash":
		e.hash(value, "file hash")
	case "cve", "cve_id", "vuln_id", "vulnerability_id":
		if strings.HasPrefix(strings.ToUpper(value), "CVE-") {
			e.add(responder.TypeCVE, strings.ToUpper(value), "vulnerability")
		}
	default:
		e.awsLabel(name, value)
	}
}

// awsLabel adds a resource of AWS: by its ARN, or as exporters of CloudWatch name dimensions.
func (e *entities) awsLabel(name, value string) {
	switch name {
	case "instance_id", "dimension_instanceid", "dimension_instance_id":
		if strings.HasPrefix(value, "i-") {
			e.own(responder.TypeInstance, value, "instance", "")
		}
	case "bucket", "bucket_name", "dimension_bucketname", "dimension_bucket_name":
		e.bucket(value)
	case "access_key_id":
		e.accessKey(value)
	default:
		if strings.HasPrefix(value, "arn:") {
			e.arn(value, "")
		}
	}
}

// target adds what was scraped or probed, which is one's own: a host with its port, or a URL.
func (e *entities) target(value string) {
	if !strings.Contains(value, "://") {
		e.host(value, "instance", "")
		return
	}
	if u, err := url.Parse(value); err == nil && u.Hostname() != "" && u.Hostname() != "localhost" {
		e.own(responder.TypeURL, value, "URL of one's own", responder.ContextObject)
	}
}
