package main

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// told is what clients told a server, and it them, that must not stand in its log: codes, passwords, tokens, phones, addresses, answers. Every client of these
// tests notes it, and every server's log is searched for it when the server ends, at the level debug.
type told struct {
	mu     sync.Mutex
	values map[string]string // what it was, by the value
}

// secretName is how fields are called whose values are nobody's business.
const secretName = `\w*(?:[pP]assword|[cC]ode|[tT]oken|[aA]nswer|[pP]hone|[eE]mail|[lL]ogin|[sS]ecret|[qQ]uestion|birthDate|firstName|lastName|\bto)`

var (
	secretField = regexp.MustCompile(`(` + secretName + `)"?\s*:\s*(?:"((?:[^"\\]|\\.)*)"|\\"((?:[^"\\])*)\\"|\$(\w+))`)
	onlyName    = regexp.MustCompile(`^` + secretName + `$`)
	schemaWord  = regexp.MustCompile(`^([A-Z][A-Z_]+|[A-Z]\d{12})$`) // codes of errors, and wallets
)

// shortest is the length of a code: what is shorter may stand in a log by chance.
const shortest = 6

func (s *told) note(what, value string) {
	value = strings.TrimPrefix(strings.TrimSpace(value), "+")
	if len(value) < shortest || strings.Contains(value, "***") || schemaWord.MatchString(value) { // masked values may be shown
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.values == nil {
		s.values = map[string]string{}
	}
	s.values[value] = what
}

// asked notes what stands in a request.
func (s *told) asked(query string, variables vars) {
	for _, found := range secretField.FindAllStringSubmatch(query, -1) {
		s.note(found[1], found[2]+found[3])
		if value, ok := variables[found[4]].(string); ok {
			s.note(found[1], value)
		}
	}
	if len(variables) == 0 {
		return
	}
	text, err := json.Marshal(variables)
	if err == nil {
		s.answered(text)
	}
}

// answered notes what stands in JSON.
func (s *told) answered(text []byte) {
	if !strings.Contains(string(text), ":") {
		return
	}
	var value any
	if json.Unmarshal(text, &value) == nil {
		s.walk(value)
	}
}

func (s *told) walk(value any) {
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			s.walk(item)
		}
	case map[string]any:
		for name, item := range v {
			if text, ok := item.(string); ok && onlyName.MatchString(name) {
				s.note(name, text)
			}
			if list, ok := item.([]any); ok && onlyName.MatchString(strings.TrimSuffix(name, "s")) {
				for _, one := range list {
					if text, ok := one.(string); ok {
						s.note(name, text)
					}
				}
			}
			s.walk(item)
		}
	}
}

// leaks are the kinds of what was told that stand in a log, as words of their own.
func (s *told) leaks(log string) (found []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for value, what := range s.values {
		for rest := log; ; {
			i := strings.Index(rest, value)
			if i < 0 {
				break
			}
			before, after := byte(' '), byte(' ')
			if i > 0 {
				before = rest[i-1]
			}
			if i+len(value) < len(rest) {
				after = rest[i+len(value)]
			}
			if len(value) > 12 || (!isWordByte(before) && !isWordByte(after)) {
				found = append(found, what)
				break
			}
			rest = rest[i+len(value):]
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func isWordByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '.' || c == '-'
}

func TestTheSearchForSecretsFindsThem(t *testing.T) {
	t.Parallel()
	var s told
	s.asked(`mutation { logIn(input: {login: "anna@purser.test", password: "hunter2"}) { userErrors { code } } }`, nil)
	s.asked(`mutation($c: String!, $r: String!) { a(input: {code: $c, refreshToken: $r}) { b } }`, vars{"c": "123456", "r": "abcdefghijklmnop"})
	s.asked(`mutation($i: I!) { a(input: $i) { b } }`, vars{"i": vars{"securityAnswer": "Rex the dog", "phone": "+79001112233"}})
	s.answered([]byte(`{"data":{"tokens":{"accessToken":"eyJhbGciOi"},"backupCodes":["aaaa-bbbb"],"userErrors":[{"code":"INVALID_CODE"}]}}`))
	for line, want := range map[string]string{
		"to=anna@purser.test": "login", "x hunter2 y": "password", "code=123456": "code", `"abcdefghijklmnop"`: "refreshToken", "Rex the dog": "securityAnswer",
		"to=+79001112233": "phone", "Bearer eyJhbGciOi": "accessToken", "aaaa-bbbb": "backupCodes",
		"id=01a20e09-123456-8": "", "took=0.123456s": "", "INVALID_CODE": "", "to=\"+7 *** ***-**-33\"": "",
	} {
		if got := strings.Join(s.leaks("level=INFO "+line+" end"), ","); got != want {
			t.Errorf("%q: found %q, want %q", line, got, want)
		}
	}
}
