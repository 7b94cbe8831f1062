package ingest

import (
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

const objectScanType = "GuardDuty Malware Protection Object Scan Result"

// isObjectScan knows the result of a scan of an object in a bucket, which is an event of its own: there need be no detector,
// and so no finding (Amazon GuardDuty User Guide, "Monitoring S3 object scans with Amazon EventBridge").
func isObjectScan(m message) bool {
	return m.doc.text("detail-type") == objectScanType && m.doc.text("source") == "aws.guardduty" && m.doc.at("detail", "s3ObjectDetails") != nil
}

// objectScan reads such a result. It has no severity: one that found something has that of the finding which GuardDuty makes
// of it, high (User Guide, "Malware Protection for S3 finding type").
func objectScan(m message) responder.Alert {
	event, detail := m.doc, m.doc.at("detail")
	object, result := detail.at("s3ObjectDetails"), detail.at("scanResultDetails")
	bucket, key, status := object.text("bucketName"), object.text("objectKey"), or(result.text("scanResultStatus"), detail.text("scanStatus"))
	a := responder.Alert{
		Name: "Malware scan of s3://" + bucket + "/" + key + ": " + status, Rule: objectScanType, Source: "guardduty",
		Account: event.text("account"), Region: event.text("region"),
		Timestamp: responder.Span(event.time("time"), event.time("time")),
	}
	if bucket+key != "" {
		a.Key = keyOf(a.Account, a.Region, bucket, key, or(object.text("versionId"), object.text("eTag")), status)
	}
	var names []string
	for _, t := range result.objects("threats") {
		names = append(names, t.text("name"))
	}
	var lines facts
	lines.add("Scan", detail.text("scanStatus"), result.text("scanResultStatus"))
	lines.add("Threats", names...)
	lines.add("Object", "s3://"+bucket+"/"+key, after("version ", object.text("versionId")))
	a.Description = strings.Join(lines, "\n")
	s := &suspects{}
	if status == "THREATS_FOUND" {
		a.Severity = 80
		s.hash(strings.Trim(object.text("eTag"), `"`), "object "+line(key, 150))
		s.file(key, "object in "+line(bucket, 63))
	}
	s.bucket(bucket)
	a.Attrs = s.list
	return a
}
