package awscontext

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/rand"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/awslambda/awsapi"
)

// looks inspects an attribute of an alert of AWS.
func (e engine) looks(config aws.Config, kind, value string) responder.Page {
	e.t.Helper()
	i, err := New(Options{Config: func(context.Context) (aws.Config, error) { return config, nil }})
	require.NoError(e.t, err)
	page, err := i.Inspect(e.t.Context(), responder.Task{Attribute: responder.Attribute{Type: kind, Value: value}, Alert: responder.Alert{Source: "aws.iam"}})
	require.NoError(e.t, err)
	return page
}

// someone is a new user with a password, a key, a group and a policy of their own.
func (e engine) someone(policy string) (name, key string, config aws.Config) {
	name = "u-" + rand.Text()
	group := "g-" + rand.Text()
	e.do(awsapi.IAM("CreateUser", "UserName", name, "Tags.member.1.Key", "Owner", "Tags.member.1.Value", "jane"), nil)
	e.do(awsapi.IAM("CreateLoginProfile", "UserName", name, "Password", rand.Text()+"aA1!"), nil)
	e.do(awsapi.IAM("PutUserPolicy", "UserName", name, "PolicyName", "mine", "PolicyDocument", policy), nil)
	e.do(awsapi.IAM("CreateGroup", "GroupName", group), nil)
	e.do(awsapi.IAM("AttachGroupPolicy", "GroupName", group, "PolicyArn", "arn:aws:iam::aws:policy/ReadOnlyAccess"), nil)
	e.do(awsapi.IAM("AddUserToGroup", "UserName", name, "GroupName", group), nil)
	var made struct {
		ID     string `xml:"CreateAccessKeyResult>AccessKey>AccessKeyId"`
		Secret string `xml:"CreateAccessKeyResult>AccessKey>SecretAccessKey"`
	}
	e.do(awsapi.IAM("CreateAccessKey", "UserName", name), &made)
	config = e.config.Copy()
	config.Credentials = credentials.NewStaticCredentialsProvider(made.ID, made.Secret, "")
	return name, made.ID, config
}

func TestUsersOnTheEngine(t *testing.T) {
	e := onEngine(t)
	name, key, config := e.someone(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)
	require.NoError(t, awsapi.Client{Config: config, Region: "us-east-1"}.Do(t.Context(), awsapi.Tagging("GetResources", struct{}{}), nil))

	page := e.looks(e.config, responder.TypeUsername, name)
	require.Empty(t, page.Error)
	t.Log(strings.Join(sentences(page), "\n"))
	is := page.Signals[0].Summary
	for _, part := range []string{"IAM user " + name, "tags Owner=jane", "console password never used", "no MFA device", "access key " + key + " active", "policies ReadOnlyAccess, mine (inline)"} {
		assert.Contains(t, is, part)
	}
	assert.True(t, slices.ContainsFunc(page.Signals, func(s responder.Signal) bool {
		return s.Kind == privilege && strings.Contains(s.Summary, "everything that was asked for") && strings.Contains(s.Summary, "no MFA device")
	}))

	page = e.looks(e.config, responder.TypeAccessKey, key)
	require.Empty(t, page.Error)
	t.Log(strings.Join(sentences(page), "\n"))
	assert.Contains(t, page.Signals[0].Summary, "of IAM user "+name+"; active")
	require.Len(t, page.SubjectUsers, 1)
	assert.Equal(t, name, page.SubjectUsers[0].UserName)
	t.Log(page.SubjectUsers)
	assert.True(t, slices.ContainsFunc(page.SubjectUsers[0].Activities, func(a responder.Activity) bool { return a.Action == "GetResources" }))

	assert.False(t, e.looks(e.config, responder.TypeUsername, "u-nobody").HasContent())
	assert.False(t, e.looks(e.config, responder.TypeAccessKey, "AKIAIOSFODNN7EXAMPLE").HasContent())
}

// Who may see little says what was not seen. The engine holds to policies of IAM.
func TestALittleRoleOnTheEngine(t *testing.T) {
	e := onEngine(t)
	name, _, _ := e.someone(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`)
	_, _, little := e.someone(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:GetUser","cloudtrail:LookupEvents"],"Resource":"*"},{"Effect":"Deny","NotAction":["iam:GetUser","cloudtrail:LookupEvents","sts:GetCallerIdentity"],"Resource":"*"}]}`)
	page := e.looks(little, responder.TypeUsername, name)
	t.Log(page.Error, sentences(page))
	assert.Equal(t, responder.Failed, page.Outcome)
	assert.Contains(t, page.Signals[0].Summary, "tags Owner=jane")
	for _, action := range []string{"iam:GetLoginProfile", "iam:ListAccessKeys", "iam:ListMFADevices", "iam:SimulatePrincipalPolicy", "iam:ListGroupsForUser"} {
		assert.Contains(t, page.Error, action)
	}
	assert.NotContains(t, page.Error, "iam:GetUser")
}

func TestRolesOnTheEngine(t *testing.T) {
	e := onEngine(t)
	name := "r-" + rand.Text()
	e.do(awsapi.IAM("CreateRole", "RoleName", name, "AssumeRolePolicyDocument", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}`), nil)
	e.do(awsapi.IAM("AttachRolePolicy", "RoleName", name, "PolicyArn", "arn:aws:iam::aws:policy/AdministratorAccess"), nil)
	var role struct {
		Arn string `xml:"GetRoleResult>Role>Arn"`
	}
	e.do(awsapi.IAM("GetRole", "RoleName", name), &role)
	page := e.looks(e.config, responder.TypeARN, role.Arn)
	require.Empty(t, page.Error)
	got := sentences(page)
	t.Log(strings.Join(got, "\n"))
	assert.Contains(t, got[0], "policies AdministratorAccess")
	assert.Contains(t, got, "exposure suspicious: IAM role "+name+" can be assumed by everybody")
	assert.True(t, slices.ContainsFunc(got, func(s string) bool {
		return strings.HasPrefix(s, "privilege unknown: ") && strings.Contains(s, "everything that was asked for")
	}))
}

func TestBucketsOnTheEngine(t *testing.T) {
	e := onEngine(t)
	client := s3.NewFromConfig(e.config, func(o *s3.Options) { o.UsePathStyle, o.Region = true, "eu-west-1" })
	name := "b-" + strings.ToLower(rand.Text())
	_, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name, CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: "eu-west-1"}})
	require.NoError(t, err)
	_, err = client.PutBucketTagging(t.Context(), &s3.PutBucketTaggingInput{Bucket: &name, Tagging: &s3types.Tagging{TagSet: []s3types.Tag{{Key: aws.String("team"), Value: aws.String("data")}}}})
	require.NoError(t, err)
	page := e.looks(e.config, responder.TypeBucket, name)
	t.Log(page.Error, strings.Join(sentences(page), "\n"))
	assert.Contains(t, page.Signals[0].Summary, "S3 bucket "+name)
	for _, part := range []string{"in eu-west-1", "tags team=data", "not versioned"} {
		assert.Contains(t, page.Signals[0].Summary, part)
	}
	assert.False(t, e.looks(e.config, responder.TypeBucket, name+"-not").HasContent())
}

func TestFunctionsOnTheEngine(t *testing.T) {
	e := onEngine(t)
	role := "r-" + rand.Text()
	e.do(awsapi.IAM("CreateRole", "RoleName", role, "AssumeRolePolicyDocument", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`), nil)
	var code bytes.Buffer
	z := zip.NewWriter(&code)
	w, err := z.Create("index.py")
	require.NoError(t, err)
	_, err = w.Write([]byte("def handler(e, c): pass"))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	client := lambda.NewFromConfig(e.config)
	name := "f-" + rand.Text()
	made, err := client.CreateFunction(t.Context(), &lambda.CreateFunctionInput{FunctionName: &name, Runtime: lambdatypes.RuntimePython313, Handler: aws.String("index.handler"),
		Role: aws.String("arn:aws:iam::000000000000:role/" + role), Code: &lambdatypes.FunctionCode{ZipFile: code.Bytes()}, Tags: map[string]string{"owner": "jane"}})
	require.NoError(t, err)
	_, err = client.CreateFunctionUrlConfig(t.Context(), &lambda.CreateFunctionUrlConfigInput{FunctionName: &name, AuthType: lambdatypes.FunctionUrlAuthTypeNone})
	require.NoError(t, err)
	_, err = client.AddPermission(t.Context(), &lambda.AddPermissionInput{FunctionName: &name, StatementId: aws.String("s"), Action: aws.String("lambda:InvokeFunctionUrl"), Principal: aws.String("*"),
		FunctionUrlAuthType: lambdatypes.FunctionUrlAuthTypeNone})
	require.NoError(t, err)
	page := e.looks(e.config, responder.TypeARN, *made.FunctionArn)
	require.Empty(t, page.Error)
	got := sentences(page)
	t.Log(strings.Join(got, "\n"))
	for _, part := range []string{"runtime python3.13", "role " + role, "tags owner=jane", "a URL for everybody"} {
		assert.Contains(t, got[0], part)
	}
	assert.Contains(t, got, "exposure unknown: Lambda function "+name+" can be called by everybody at its URL")

	page = e.looks(e.config, responder.TypeARN, "arn:aws:lambda:us-east-1:000000000000:layer:"+url.PathEscape(name))
	assert.True(t, page.HasContent())
}
