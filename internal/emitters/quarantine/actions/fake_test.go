package actions

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
)

const (
	own    = "111122223333"
	region = "eu-west-1"
)

// fake is AWS as the API references of the services describe it, as far as quarantine uses it. hook is called before and
// after each change of what it has: what it answers then is what the caller gets.
type fake struct {
	mu   sync.Mutex
	hook func(action string, after bool) error
	asks []string // the actions, in order
	who  string
	// retryer is the SDK's if nil
	retryer func() aws.Retryer
	old     *world // what is read, if there is one: nothing of what was changed since is seen
	world
}

// world is what the account has.
type world struct {
	Instances map[string]*fakeInstance
	Interface map[string]*fakeInterface
	Groups    map[string]*fakeGroup
	Snapshots []string
	Users     map[string]*fakePrincipal
	Roles     map[string]*fakePrincipal
	Buckets   map[string]*fakeBucket
	Sets      map[string]*fakeSet
}

type fakeInstance struct {
	Owner, State, Profile string
	Tags                  map[string]string
}

type fakeInterface struct {
	Instance, VPC string
	Groups        []string
}

type fakeGroup struct {
	VPC, Name, Tag string
	In, Out        map[string]bool // protocol and network
}

type fakePrincipal struct {
	Path     string
	Tags     map[string]string
	Keys     map[string]string
	Policies map[string]string
}

type fakeBucket struct {
	Owner, Region string
	Tags          map[string]string
	Block         *[4]bool
}

type fakeSet struct {
	Version, Description string
	Addresses            []string
	Lock                 int
}

// newFake has two of most things, of which one is to be left alone.
func newFake() *fake {
	group := func(vpc, name string) *fakeGroup {
		return &fakeGroup{VPC: vpc, Name: name, In: map[string]bool{"tcp/22 0.0.0.0/0": true}, Out: map[string]bool{"-1 0.0.0.0/0": true}}
	}
	return &fake{who: "arn:aws:sts::" + own + ":assumed-role/alertresponder-Quarantine/f", world: world{
		Instances: map[string]*fakeInstance{
			"i-0123456789abcdef0": {Owner: own, State: "running", Profile: "arn:aws:iam::" + own + ":instance-profile/web", Tags: map[string]string{"Name": "web", "aws:autoscaling:groupName": "asg"}},
			"i-0123456789abcdef1": {Owner: own, State: "running", Tags: map[string]string{}},
		},
		Interface: map[string]*fakeInterface{
			"eni-1": {"i-0123456789abcdef0", "vpc-1", []string{"sg-1", "sg-2"}},
			"eni-2": {"i-0123456789abcdef0", "vpc-2", []string{"sg-3"}},
			"eni-3": {"i-0123456789abcdef1", "vpc-1", []string{"sg-1"}},
		},
		Groups: map[string]*fakeGroup{"sg-1": group("vpc-1", "a"), "sg-2": group("vpc-1", "b"), "sg-3": group("vpc-2", "a")},
		Users: map[string]*fakePrincipal{"alice": {Path: "/people/", Tags: map[string]string{"Team": "shop"}, Policies: map[string]string{"own": "{}"},
			Keys: map[string]string{"AKIAIOSFODNN7EXAMPLE": "Active", "AKIAI44QH8DHBEXAMPLE": "Active"}}},
		Roles: map[string]*fakePrincipal{
			"web": {Path: "/", Policies: map[string]string{}}, "alertresponder-Quarantine": {Path: "/"},
			"AWSServiceRoleForSupport": {Path: "/aws-service-role/support.amazonaws.com/"}, "AWSReservedSSO_Admin_0": {Path: "/aws-reserved/sso.amazonaws.com/"},
		},
		Buckets: map[string]*fakeBucket{"open": {Owner: own, Region: region, Tags: map[string]string{"Team": "shop"}},
			"half": {Owner: own, Region: "us-west-2", Block: &[4]bool{true, false, true, false}}, "others": {Owner: "999988887777", Region: region}},
		Sets: map[string]*fakeSet{"four": {Version: "IPV4", Description: "bad ones", Addresses: []string{"198.51.100.0/24", "203.0.113.9/32"}}, "six": {Version: "IPV6"}},
	}}
}

func (f *fake) actions() *Actions {
	return New(Options{Config: func(context.Context) (aws.Config, error) {
		return aws.Config{Region: region, HTTPClient: f, Retryer: f.retryer, Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AK", SecretAccessKey: "s"}, nil
		})}, nil
	}, Now: clock})
}

// copy is the world as it is now.
func (f *fake) copy() (w world) {
	f.mu.Lock()
	defer f.mu.Unlock()
	b, err := json.Marshal(f.world)
	if err != nil || json.Unmarshal(b, &w) != nil {
		panic("no copy")
	}
	return w
}

type fault struct {
	status int
	code   string
}

func (f fault) Error() string { return f.code }

// Do implements aws.HTTPClient.
func (f *fake) Do(r *http.Request) (*http.Response, error) {
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	action := form.Get("Action")
	if action == "" {
		if _, action, _ = strings.Cut(r.Header.Get("X-Amz-Target"), "."); action == "" {
			action = r.Method + " " + r.URL.RawQuery
		}
	}
	f.mu.Lock()
	f.asks = append(f.asks, action)
	hook := f.hook
	f.mu.Unlock()
	if hook != nil {
		if err := hook(action, false); err != nil {
			return answer(r, "", err)
		}
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	f.mu.Lock()
	now := f.world
	isOld := f.old != nil && (strings.HasPrefix(strings.ToLower(action), "get") || strings.HasPrefix(action, "List") || strings.HasPrefix(action, "Describe"))
	if isOld {
		f.world = *f.old
	}
	text, err := f.answer(r, action, form, body)
	if isOld {
		f.world = now
	}
	f.mu.Unlock()
	if hook != nil {
		if err := hook(action, true); err != nil {
			return answer(r, "", err)
		}
	}
	return answer(r, text, err)
}

func answer(r *http.Request, text string, err error) (*http.Response, error) {
	resp := &http.Response{StatusCode: 200, Header: http.Header{}, Request: r}
	var refusal fault
	if errors.As(err, &refusal) {
		resp.StatusCode = refusal.status
		code, bucketRegion, _ := strings.Cut(refusal.code, " ")
		resp.Header.Set("X-Amz-Bucket-Region", bucketRegion)
		text = "<R><Error><Code>" + code + "</Code></Error></R>"
		if r.Header.Get("X-Amz-Target") != "" {
			text = `{"__type":"` + code + `"}`
		}
	} else if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(strings.NewReader(text))
	return resp, nil
}

func (f *fake) answer(r *http.Request, action string, form url.Values, body []byte) (string, error) {
	switch {
	case action == "GetCallerIdentity":
		return "<R><GetCallerIdentityResult><Account>" + own + "</Account><Arn>" + f.who + "</Arn></GetCallerIdentityResult></R>", nil
	case strings.HasPrefix(r.Host, "ec2."), strings.HasPrefix(r.URL.Host, "ec2."):
		return f.ec2(action, form)
	case strings.HasPrefix(r.URL.Host, "iam."):
		return f.iam(action, form)
	case strings.HasPrefix(r.URL.Host, "s3."):
		return f.s3(r, body)
	case strings.HasPrefix(r.URL.Host, "wafv2."):
		return f.waf(action, body)
	}
	return "", fault{400, "InvalidAction"}
}

func tagsXML(tags map[string]string, element, key, value string) string {
	s := ""
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		s += fmt.Sprintf("<%s><%s>%s</%[2]s><%[4]s>%s</%[4]s></%[1]s>", element, key, k, value, tags[k])
	}
	return s
}

func (f *fake) iam(action string, form url.Values) (string, error) {
	kind, all := "User", f.Users
	if strings.Contains(action, "Role") {
		kind, all = "Role", f.Roles
	}
	if action == "GetAccessKeyLastUsed" {
		for name, u := range f.Users {
			if u.Keys[form.Get("AccessKeyId")] != "" {
				return "<R><GetAccessKeyLastUsedResult><UserName>" + name + "</UserName></GetAccessKeyLastUsedResult></R>", nil
			}
		}
		if form.Get("AccessKeyId") == "AKIAROOTROOTROOTROOT" {
			return "<R><GetAccessKeyLastUsedResult><UserName>root</UserName></GetAccessKeyLastUsedResult></R>", nil
		}
		return "", fault{404, "NoSuchEntity"}
	}
	name := form.Get(kind + "Name")
	p := all[name]
	if p == nil {
		return "", fault{404, "NoSuchEntity"}
	}
	policy := form.Get("PolicyName")
	switch action {
	case "GetUser", "GetRole":
		return fmt.Sprintf("<R><%sResult><%s><Path>%s</Path><Arn>arn:aws:iam::%s:%s%s%s</Arn><Tags>%s</Tags></%[2]s></%[1]sResult></R>", action, kind, p.Path, own,
			strings.ToLower(kind), p.Path, name, tagsXML(p.Tags, "member", "Key", "Value")), nil
	case "ListAccessKeys":
		s := ""
		for _, id := range slices.Sorted(maps.Keys(p.Keys)) {
			s += "<member><AccessKeyId>" + id + "</AccessKeyId><Status>" + p.Keys[id] + "</Status></member>"
		}
		return "<R><ListAccessKeysResult><AccessKeyMetadata>" + s + "</AccessKeyMetadata></ListAccessKeysResult></R>", nil
	case "UpdateAccessKey":
		if p.Keys[form.Get("AccessKeyId")] == "" {
			return "", fault{404, "NoSuchEntity"}
		}
		p.Keys[form.Get("AccessKeyId")] = form.Get("Status")
	case "PutUserPolicy", "PutRolePolicy":
		if strings.HasPrefix(p.Path, "/aws-") {
			return "", fault{400, "UnmodifiableEntity"}
		}
		if len(p.Policies) >= 5 {
			return "", fault{409, "LimitExceeded"}
		}
		p.Policies[policy] = form.Get("PolicyDocument")
	case "GetUserPolicy", "GetRolePolicy":
		if p.Policies[policy] == "" {
			return "", fault{404, "NoSuchEntity"}
		}
		return fmt.Sprintf("<R><%sResult><PolicyDocument>%s</PolicyDocument></%[1]sResult></R>", action, url.QueryEscape(p.Policies[policy])), nil
	case "DeleteUserPolicy", "DeleteRolePolicy":
		if p.Policies[policy] == "" {
			return "", fault{404, "NoSuchEntity"}
		}
		delete(p.Policies, policy)
	default:
		return "", fault{400, "InvalidAction"}
	}
	return "<R/>", nil
}

func (f *fake) s3(r *http.Request, body []byte) (string, error) {
	b := f.Buckets[strings.TrimPrefix(r.URL.Path, "/")]
	switch {
	case b == nil:
		return "", fault{404, "NoSuchBucket"}
	case !strings.Contains(r.URL.Host, b.Region):
		return "", fault{301, "PermanentRedirect " + b.Region}
	case b.Owner != r.Header.Get("X-Amz-Expected-Bucket-Owner"):
		return "", fault{403, "AccessDenied"}
	}
	switch r.Method + " " + r.URL.RawQuery {
	case "GET tagging=":
		if b.Tags == nil {
			return "", fault{404, "NoSuchTagSet"}
		}
		return "<Tagging><TagSet>" + tagsXML(b.Tags, "Tag", "Key", "Value") + "</TagSet></Tagging>", nil
	case "GET publicAccessBlock=":
		if b.Block == nil {
			return "", fault{404, "NoSuchPublicAccessBlockConfiguration"}
		}
		return fmt.Sprintf(`<PublicAccessBlockConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><BlockPublicAcls>%t</BlockPublicAcls><IgnorePublicAcls>%t</IgnorePublicAcls><BlockPublicPolicy>%t</BlockPublicPolicy><RestrictPublicBuckets>%t</RestrictPublicBuckets></PublicAccessBlockConfiguration>`,
			b.Block[0], b.Block[1], b.Block[2], b.Block[3]), nil
	case "PUT publicAccessBlock=":
		var in struct {
			XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ PublicAccessBlockConfiguration"`
			A       bool     `xml:"BlockPublicAcls"`
			B       bool     `xml:"IgnorePublicAcls"`
			C       bool     `xml:"BlockPublicPolicy"`
			D       bool     `xml:"RestrictPublicBuckets"`
		}
		if xml.Unmarshal(body, &in) != nil || r.Header.Get("X-Amz-Checksum-Sha256") == "" {
			return "", fault{400, "InvalidRequest"}
		}
		b.Block = &[4]bool{in.A, in.B, in.C, in.D}
	case "DELETE publicAccessBlock=":
		b.Block = nil
	default:
		return "", fault{400, "InvalidRequest"}
	}
	return "", nil
}

func (f *fake) waf(action string, body []byte) (string, error) {
	var in struct {
		Name, Scope, ID, Description, LockToken string
		Addresses                               []string
	}
	set := (*fakeSet)(nil)
	if json.Unmarshal(body, &in) == nil {
		set = f.Sets[in.Name]
	}
	if set == nil || in.ID != "id-"+in.Name || in.Scope != "REGIONAL" {
		return "", fault{400, "WAFNonexistentItemException"}
	}
	switch action {
	case "GetIPSet":
		b, _ := json.Marshal(map[string]any{"LockToken": fmt.Sprint(set.Lock), "IPSet": map[string]any{"Name": in.Name, "Id": in.ID,
			"IPAddressVersion": set.Version, "Description": set.Description, "Addresses": set.Addresses}})
		return string(b), nil
	case "UpdateIPSet":
		switch {
		case in.LockToken != fmt.Sprint(set.Lock):
			return "", fault{400, "WAFOptimisticLockException"}
		case len(in.Addresses) > 10000:
			return "", fault{400, "WAFLimitsExceededException"}
		}
		slices.Sort(in.Addresses) // it keeps no order
		set.Addresses, set.Description, set.Lock = in.Addresses, in.Description, set.Lock+1
		return `{"NextLockToken":"x"}`, nil
	}
	return "", fault{400, "InvalidAction"}
}
