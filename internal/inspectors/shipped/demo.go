//go:build demo

package shipped

// onAWS is nobody in what make demo builds: to compile the AWS SDK takes longer than all the rest.
func onAWS() []Inspector { return nil }
