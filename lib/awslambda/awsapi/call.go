package awsapi

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"net/url"
)

// service is the name of a service as in its address, and as requests are signed for.
type service string

const (
	ec2         service = "ec2"
	elb         service = "elasticloadbalancing"
	iam         service = "iam"
	sts         service = "sts"
	s3          service = "s3"
	lambda      service = "lambda"
	cloudTrail  service = "cloudtrail"
	guardDuty   service = "guardduty"
	securityHub service = "securityhub"
	wafv2       service = "wafv2"
)

// Call is one action with what it is asked.
type Call struct {
	service service
	action  string // as in policies of IAM
	method  string
	path    string // with the query
	form    url.Values
	target  string // of the JSON protocol
	in      any    // the body, in the service's format
	owner   string // account that the bucket has to be of
	host    string // in place of the service's name in the address
	once    bool
}

// Name is the action as in policies of IAM: ec2:DescribeInstances.
func (c Call) Name() string {
	if c.service == tagging {
		return "tag:" + c.action
	}
	return string(c.service) + ":" + c.action
}

// Once is the call for what must not be done twice, where the service cannot tell a repeat from something new: it is made
// again only where the service said that it did nothing. Who has an error that is InDoubt looks what there is.
func (c Call) Once() Call { c.once = true; return c }

// EC2 is an action of Amazon EC2 with names and values of its parameters.
func EC2(action string, params ...string) Call { return query(ec2, action, "2016-11-15", params) }

// ELB is an action of Application, Network and Gateway Load Balancers.
func ELB(action string, params ...string) Call { return query(elb, action, "2015-12-01", params) }

// IAM is an action of IAM.
func IAM(action string, params ...string) Call { return query(iam, action, "2010-05-08", params) }

// STS is an action of the Security Token Service.
func STS(action string, params ...string) Call { return query(sts, action, "2011-06-15", params) }

// query is a call of the Query protocols: a form in, XML out.
func query(s service, action, version string, params []string) Call {
	form := url.Values{"Action": {action}, "Version": {version}}
	for i := 0; i+1 < len(params); i += 2 {
		form.Set(params[i], params[i+1])
	}
	return Call{service: s, action: action, method: http.MethodPost, path: "/", form: form}
}

// CloudTrail is an action of CloudTrail, with what it is asked as JSON.
func CloudTrail(action string, in any) Call {
	return rpc(cloudTrail, action, "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.", in)
}

// WAF is an action of AWS WAF, with what it is asked as JSON. What belongs to CloudFront is in us-east-1.
func WAF(action string, in any) Call { return rpc(wafv2, action, "AWSWAF_20190729.", in) }

// rpc is a call of the JSON protocol of version 1.1, whose header has the action.
func rpc(s service, action, prefix string, in any) Call {
	return Call{service: s, action: action, method: http.MethodPost, path: "/", in: in, target: prefix + action}
}

// S3 reads something of a bucket, such as its "tagging"; the action is what policies call it.
func S3(action, bucket, what string) Call {
	return Call{service: s3, action: action, method: http.MethodGet, path: "/" + url.PathEscape(bucket) + "?" + url.QueryEscape(what)}
}

// S3Put writes something of a bucket: in is encoded as XML.
func S3Put(action, bucket, what string, in any) Call {
	c := S3(action, bucket, what)
	c.method, c.in = http.MethodPut, in
	return c
}

// S3Delete takes something off a bucket. (IAM has one action for some deletions and the changes; it is what action is.)
func S3Delete(action, bucket, what string) Call {
	c := S3(action, bucket, what)
	c.method = http.MethodDelete
	return c
}

// Lambda reads under a path of Lambda's API, whose first part is its version; parts are escaped.
func Lambda(action string, parts ...string) Call {
	return rest(lambda, action, http.MethodGet, nil, parts)
}

// GuardDuty is an action of GuardDuty: its method, what it is asked as JSON (nil: nothing), and the parts of its path, which
// are escaped.
func GuardDuty(action, method string, in any, parts ...string) Call {
	return rest(guardDuty, action, method, in, parts)
}

// SecurityHub is an action of Security Hub, as described at GuardDuty.
func SecurityHub(action, method string, in any, parts ...string) Call {
	return rest(securityHub, action, method, in, parts)
}

// rest is a call of the REST-JSON protocol.
func rest(s service, action, method string, in any, parts []string) Call {
	path := ""
	for _, p := range parts {
		path += "/" + url.PathEscape(p)
	}
	return Call{service: s, action: action, method: method, path: path, in: in}
}

// isXML says whether answers, and what is sent to S3, are XML.
func (c Call) isXML() bool { return c.form != nil || c.service == s3 }

func (c Call) body() ([]byte, error) {
	switch {
	case c.form != nil:
		return []byte(c.form.Encode()), nil
	case c.in == nil && c.target == "":
		return nil, nil
	case c.isXML():
		return xml.Marshal(c.in)
	}
	return json.Marshal(c.in)
}

func (c Call) header(h http.Header) {
	if c.owner != "" {
		h.Set(map[bool]string{true: "X-Amz-Expected-Bucket-Owner", false: "X-Amz-Account-Id"}[c.host == ""], c.owner)
	}
	switch {
	case c.form != nil:
		h.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	case c.target != "":
		h.Set("Content-Type", "application/x-amz-json-1.1")
		h.Set("X-Amz-Target", c.target)
	case c.in != nil && c.isXML():
		h.Set("Content-Type", "application/xml")
	case c.in != nil:
		h.Set("Content-Type", "application/json")
	}
}
