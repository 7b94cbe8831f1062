package load

import (
	"fmt"
	"os"

	"github.com/m-mizutani/AlertResponder/scripts/cfn"
)

// Stack is what of a template costs money.
type Stack struct {
	Memory   map[string]int // megabytes that a function has, by the queue that it is mapped to
	Batch    map[string]int // messages that it gets at once, by the same
	Always   int            // event source mappings that every stack has
	Optional int            // and those of plugins that are deployed if they are wanted
	Alarms   int            // that every stack has
	Globally int            // megabytes that a function has that says nothing else
}

// ReadStack reads a template.
func ReadStack(path string) (Stack, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Stack{}, err
	}
	template, err := cfn.Read(text)
	if err != nil {
		return Stack{}, fmt.Errorf("%s: %w", path, err)
	}
	s := Stack{Memory: map[string]int{}, Batch: map[string]int{}}
	s.Globally, _ = cfn.At(template, "Globals", "Function", "MemorySize").(int)
	resources, _ := template["Resources"].(map[string]any)
	for name, r := range resources {
		optional := cfn.At(r, "Condition") != nil
		switch cfn.At(r, "Type") {
		case "AWS::Serverless::Function":
			if err := s.function(r, optional); err != nil {
				return Stack{}, fmt.Errorf("%s: %s: %w", path, name, err)
			}
		case "AWS::Lambda::EventSourceMapping":
			if err := s.mapping(resources, r, optional); err != nil {
				return Stack{}, fmt.Errorf("%s: %s: %w", path, name, err)
			}
		case "AWS::CloudWatch::Alarm":
			if !optional {
				s.Alarms++
			}
		}
	}
	return s, nil
}

func (s *Stack) function(r any, optional bool) error {
	sources, _ := cfn.At(r, "Properties", "Events").(map[string]any)
	for name, source := range sources {
		queue, ok := cfn.At(source, "Properties", "Queue", "Fn::GetAtt", 0).(string)
		if !ok {
			return fmt.Errorf("event %s: is of no queue of the stack", name)
		}
		s.mapped(queue, r, source, optional)
	}
	return nil
}

// mapping is one that stands beside its function.
func (s *Stack) mapping(resources map[string]any, r any, optional bool) error {
	queue, isQueue := cfn.At(r, "Properties", "EventSourceArn", "Fn::GetAtt", 0).(string)
	function, isFunction := cfn.At(r, "Properties", "FunctionName", "Fn::GetAtt", 0).(string)
	if !isQueue || !isFunction {
		return fmt.Errorf("it maps no queue of the stack to a function of it")
	}
	s.mapped(queue, resources[function], r, optional)
	return nil
}

func (s *Stack) mapped(queue string, function, source any, optional bool) {
	s.Memory[queue] = s.Globally
	if own, ok := cfn.At(function, "Properties", "MemorySize").(int); ok {
		s.Memory[queue] = own
	}
	s.Batch[queue], _ = cfn.At(source, "Properties", "BatchSize").(int)
	if optional {
		s.Optional++
	} else {
		s.Always++
	}
}
