package awscontext

import (
	"context"
	"time"

	"github.com/m-mizutani/AlertResponder/lib/awslambda/awsapi"
)

// instance is one as DescribeInstances tells (Amazon EC2 API Reference, Instance), as far as it is looked at.
type instance struct {
	ID           string    `xml:"instanceId"`
	Image        string    `xml:"imageId"`
	State        string    `xml:"instanceState>name"`
	Type         string    `xml:"instanceType"`
	Key          string    `xml:"keyName"`
	Launched     timestamp `xml:"launchTime"`
	PrivateName  string    `xml:"privateDnsName"`
	PublicName   string    `xml:"dnsName"`
	PrivateIP    string    `xml:"privateIpAddress"`
	PublicIP     string    `xml:"ipAddress"`
	Subnet       string    `xml:"subnetId"`
	VPC          string    `xml:"vpcId"`
	Architecture string    `xml:"architecture"`
	Platform     string    `xml:"platform"` // windows, or empty
	Details      string    `xml:"platformDetails"`
	Profile      string    `xml:"iamInstanceProfile>arn"`
	Tokens       string    `xml:"metadataOptions>httpTokens"`
	Metadata     string    `xml:"metadataOptions>httpEndpoint"`
	Groups       []struct {
		ID string `xml:"groupId"`
	} `xml:"groupSet>item"`
	Interfaces []netInterface `xml:"networkInterfaceSet>item"`
	Tags       tags           `xml:"tagSet>item"`
}

// timestamp is a time of an answer; one that cannot be read is none, and spoils nothing else.
type timestamp struct{ time.Time }

// UnmarshalText implements encoding.TextUnmarshaler.
func (t *timestamp) UnmarshalText(b []byte) error {
	t.Time, _ = time.Parse(time.RFC3339, string(b))
	return nil
}

func (t timestamp) day() string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}

// instanceID is the spelling of one (Amazon EC2 User Guide, "Resource IDs").
var instanceID = lazy(`^i-([0-9a-f]{8}|[0-9a-f]{17})$`)

// describeInstance finds an instance by its id.
func (l *look) describeInstance(ctx context.Context, id string, ask asker) (in instance, found bool, err error) {
	if !instanceID.MatchString(id) {
		return in, false, nil
	}
	var answer struct {
		Instances []instance `xml:"reservationSet>item>instancesSet>item"`
	}
	if _, err := ask(ctx, awsapi.EC2("DescribeInstances", "InstanceId.1", id), &answer); err != nil {
		return in, false, err
	}
	for _, in := range answer.Instances {
		if in.ID == id {
			return in, true, nil
		}
	}
	return in, false, nil
}

// asker is look.ask or look.also.
type asker func(ctx context.Context, call awsapi.Call, out any) (found bool, err error)

// image is one as DescribeImages tells.
type image struct {
	ID         string    `xml:"imageId"`
	Name       string    `xml:"name"`
	Owner      string    `xml:"imageOwnerId"`
	Alias      string    `xml:"imageOwnerAlias"`
	Created    timestamp `xml:"creationDate"`
	Deprecated timestamp `xml:"deprecationTime"`
	State      string    `xml:"imageState"`
	Public     bool      `xml:"isPublic"`
}

// describeImage finds an image, also one that is deprecated or disabled.
func (l *look) describeImage(ctx context.Context, id string) (im image, found bool, err error) {
	var answer struct {
		Images []image `xml:"imagesSet>item"`
	}
	found, err = l.also(ctx, awsapi.EC2("DescribeImages", "ImageId.1", id, "IncludeDeprecated", "true", "IncludeDisabled", "true"), &answer)
	if err != nil || !found || len(answer.Images) == 0 {
		return im, false, err
	}
	return answer.Images[0], true, nil
}

// String is the image for people.
func (im image) String() string {
	s := im.ID
	if name := text(im.Name); name != "" {
		s += " " + name
	}
	by := text(im.Alias)
	if by == "" {
		by = text(im.Owner)
	}
	facts := []string{}
	if by != "" {
		facts = append(facts, "of "+by)
	}
	if day := im.Created.day(); day != "" {
		facts = append(facts, "made "+day)
	}
	return s + bracketed(facts...)
}

// roleOf is the ARN of the role of an instance profile.
func (l *look) roleOf(ctx context.Context, profile string) (string, error) {
	a, ok := parseARN(profile)
	if !ok || a.account != l.account.id {
		return "", nil
	}
	var answer struct {
		Roles []string `xml:"GetInstanceProfileResult>InstanceProfile>Roles>member>Arn"`
	}
	_, err := l.also(ctx, awsapi.IAM("GetInstanceProfile", "InstanceProfileName", a.last()), &answer)
	if err != nil || len(answer.Roles) == 0 {
		return "", err
	}
	if role, ok := parseARN(answer.Roles[0]); !ok || role.kind() != kindRole {
		return "", nil
	}
	return answer.Roles[0], nil
}
