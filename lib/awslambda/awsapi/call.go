package awsapi

import (
	"encoding/json"
	"net/http"
	"net/url"
)

// service is the name of a service as in its address, and as requests are signed for.
type service string

const (
	ec2        service = "ec2"
	elb        service = "elasticloadbalancing"
	iam        service = "iam"
	sts        service = "sts"
	s3         service = "s3"
	lambda     service = "lambda"
	cloudTrail service = "cloudtrail"
)

// Call is one action with what it is asked.
type Call struct {
	service service
	action  string // as in policies of IAM
	path    string // with the query
	form    url.Values
	target  string // of the JSON protocol
	owner   string // account that the bucket has to be of
	host    string // in place of the service's name in the address
	in      any
}

// Name is the action as in policies of IAM: ec2:DescribeInstances.
func (c Call) Name() string {
	if c.service == tagging {
		return "tag:" + c.action
	}
	return string(c.service) + ":" + c.action
}

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
	return Call{service: s, action: action, path: "/", form: form}
}

// CloudTrail is an action of CloudTrail, with what it is asked as JSON.
func CloudTrail(action string, in any) Call {
	return Call{service: cloudTrail, action: action, path: "/", in: in,
		target: "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101." + action}
}

// S3 reads something of a bucket, such as its "tagging"; the action is what policies call it.
func S3(action, bucket, what string) Call {
	return Call{service: s3, action: action, path: "/" + url.PathEscape(bucket) + "?" + url.QueryEscape(what)}
}

// Lambda reads under a path of Lambda's API, whose first part is its version; parts are escaped.
func Lambda(action string, parts ...string) Call {
	path := ""
	for _, p := range parts {
		path += "/" + url.PathEscape(p)
	}
	return Call{service: lambda, action: action, path: path}
}

func (c Call) isJSON() bool { return c.target != "" || c.service == lambda }

func (c Call) method() string {
	if c.form != nil || c.target != "" {
		return http.MethodPost
	}
	return http.MethodGet
}

func (c Call) body() ([]byte, error) {
	switch {
	case c.form != nil:
		return []byte(c.form.Encode()), nil
	case c.target != "":
		return json.Marshal(c.in)
	}
	return nil, nil
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
	}
}
