package awsapi

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// regionPattern is all that may stand in an address: regions come with alerts.
var regionPattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[a-z]{2,4}(-[a-z]{2,16}){1,3}-[0-9]{1,2}$`)
})

// partition is a part of AWS that has accounts of its own ("partitions" in the AWS General Reference; the values are
// those of partitions.json of the AWS SDKs).
type partition struct {
	id, prefix, suffix string
	iam                string // host of IAM and the region it is signed for
	global             string
}

var partitions = []partition{
	{"aws-cn", "cn-", "amazonaws.com.cn", "iam.cn-north-1.amazonaws.com.cn", "cn-north-1"},
	{"aws-us-gov", "us-gov-", "amazonaws.com", "iam.us-gov.amazonaws.com", "us-gov-west-1"},
	{"aws-iso-b", "us-isob-", "sc2s.sgov.gov", "iam.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1"},
	{"aws-iso-f", "us-isof-", "csp.hci.ic.gov", "iam.us-isof-south-1.csp.hci.ic.gov", "us-isof-south-1"},
	{"aws-iso-e", "eu-isoe-", "cloud.adc-e.uk", "iam.eu-isoe-west-1.cloud.adc-e.uk", "eu-isoe-west-1"},
	{"aws-iso", "us-iso-", "c2s.ic.gov", "iam.us-iso-east-1.c2s.ic.gov", "us-iso-east-1"},
	{"aws-eusc", "eusc-", "amazonaws.eu", "iam.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1"},
	{"aws", "", "amazonaws.com", "iam.amazonaws.com", "us-east-1"},
}

func partitionOf(region string) partition {
	for _, p := range partitions {
		if strings.HasPrefix(region, p.prefix) {
			return p
		}
	}
	return partition{}
}

// IsRegion says whether s can be the name of a region.
func IsRegion(s string) bool { return regionPattern().MatchString(s) }

// Partition is the one that a region is of: aws, aws-cn, aws-us-gov…
func Partition(region string) string { return partitionOf(region).id }

// endpoint is the host of a service, and the region that requests are signed for. IAM has one per partition.
func endpoint(s service, region string) (host, signed string, err error) {
	if !IsRegion(region) {
		return "", "", fmt.Errorf("region %.40q", region)
	}
	p := partitionOf(region)
	if s == iam {
		return p.iam, p.global, nil
	}
	return string(s) + "." + region + "." + p.suffix, region, nil
}
