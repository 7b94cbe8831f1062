package awsapi

import (
	"net/http"
	"net/url"
)

// tagging is the Resource Groups Tagging API.
const tagging service = "tagging"

// Tagging is an action of the Resource Groups Tagging API, with what it is asked as JSON.
func Tagging(action string, in any) Call {
	return rpc(tagging, action, "ResourceGroupsTaggingAPI_20170126.", in)
}

// Buckets lists the account's buckets whose names begin so, a few of them.
func Buckets(prefix string) Call {
	return Call{service: s3, action: "ListAllMyBuckets", method: http.MethodGet, path: "/?" + url.Values{"prefix": {prefix}, "max-buckets": {"10"}}.Encode()}
}

// Global is the region where the services of a region's partition are that have one place for all regions: IAM, STS, the sign-in page.
func Global(region string) string { return partitionOf(region).global }

// OwnedBy has S3 refuse the call if the bucket is of another account.
func (c Call) OwnedBy(account string) Call { c.owner = account; return c }

// AccountBlock reads what an account says of public access to all its buckets (Amazon S3 API Reference, "Amazon S3 Control",
// GetPublicAccessBlock).
func AccountBlock(account string) Call {
	return Call{service: s3, action: "GetAccountPublicAccessBlock", method: http.MethodGet, path: "/v20180820/configuration/publicAccessBlock",
		owner: account, host: account + ".s3-control"}
}
