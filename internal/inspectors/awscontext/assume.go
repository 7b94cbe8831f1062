package awscontext

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/m-mizutani/AlertResponder/lib/awslambda/awsapi"
)

// sessionName is what CloudTrail of the other account shows.
const sessionName = "AlertResponder-" + ID

// assumed are the credentials of a role in another account.
type assumed struct {
	own           *account
	account, role string
}

// Retrieve implements aws.CredentialsProvider.
func (r *assumed) Retrieve(ctx context.Context) (aws.Credentials, error) {
	var answer struct {
		Credentials struct {
			AccessKeyID     string `xml:"AccessKeyId"`
			SecretAccessKey string
			SessionToken    string
			Expiration      time.Time
		} `xml:"AssumeRoleResult>Credentials"`
	}
	call := awsapi.STS("AssumeRole", "RoleArn", r.role, "RoleSessionName", sessionName, "DurationSeconds", "900")
	err := r.own.client(r.own.config.Region).Do(ctx, call, &answer)
	if awsapi.Denied(err) {
		return aws.Credentials{}, denied{call.Name() + " of " + r.role, r.account}
	}
	if err != nil {
		return aws.Credentials{}, err
	}
	c := answer.Credentials
	if c.AccessKeyID == "" || c.SecretAccessKey == "" {
		return aws.Credentials{}, fmt.Errorf("%s: no credentials in the answer", call.Name())
	}
	return aws.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken,
		CanExpire: true, Expires: c.Expiration, Source: "AssumeRole"}, nil
}
