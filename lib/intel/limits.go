package intel

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ParseLimits reads limits as they stand in an environment variable, separated by commas: 4/minute, 500/day. Empty is what
// is usual; none is none. The error names all that cannot be read.
func ParseLimits(list string, usual ...Limit) ([]Limit, error) {
	switch list = strings.TrimSpace(list); list {
	case "":
		return usual, nil
	case "none":
		return nil, nil
	}
	var limits []Limit
	var errs []error
	for one := range strings.SplitSeq(list, ",") {
		l, err := parseLimit(strings.TrimSpace(one))
		if err != nil {
			errs = append(errs, err)
		}
		limits = append(limits, l)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return limits, nil
}

func parseLimit(s string) (Limit, error) {
	most, per, _ := strings.Cut(s, "/")
	n, err := strconv.Atoi(strings.TrimSpace(most))
	l := Limit{Per: Period(strings.TrimSpace(per)), Most: n}
	switch l.Per {
	case Minute, Hour, Day, Month:
	default:
		err = errors.New("the period is none")
	}
	if err != nil || n < 1 {
		return Limit{}, fmt.Errorf("limit: %.40q, expected a number from 1 on and a period, as in 4/minute or 500/day (hour, month)", s)
	}
	return l, nil
}
