package accounts

import (
	"errors"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"purser/internal/fault"
	"purser/internal/text"
)

const (
	nameLongest     = 100
	questionLongest = 200
	answerLongest   = 200
	youngest        = 14 // years, as for WebMoney's formal passport
	oldest          = 130
)

// Profile is what a person says of themselves when registering. All is as typed; SubmitProfile judges it.
type Profile struct {
	FirstName, MiddleName, LastName string
	BirthDate                       string // YYYY-MM-DD
	Email                           string
	SecurityQuestion                string
	SecurityAnswer                  string
}

// judged is a profile in the form it is kept.
type judged struct {
	Profile
	birthDate time.Time
}

// judge finds every mistake, not only the first, each with its field.
func (p Profile) judge(now time.Time) (judged, error) {
	var mistakes []error
	j := judged{Profile: p}
	field := func(keep *string, refusal *fault.Fault, clean string) {
		if refusal != nil {
			mistakes = append(mistakes, refusal)
		}
		*keep = clean
	}

	mistakes = append(mistakes, j.judgeNames())
	clean, refusal := text.Required(p.SecurityQuestion, questionLongest, "securityQuestion")
	field(&j.SecurityQuestion, refusal, clean)
	clean, refusal = text.Required(p.SecurityAnswer, answerLongest, "securityAnswer")
	field(&j.SecurityAnswer, refusal, clean)

	address, err := Email(p.Email, "email")
	mistakes, j.Email = append(mistakes, err), address
	j.birthDate, err = birthDate(p.BirthDate, now)
	mistakes = append(mistakes, err)

	j.SecurityAnswer = plainAnswer(j.SecurityAnswer)
	if j.SecurityAnswer != "" && strings.Contains(plainAnswer(j.SecurityQuestion), j.SecurityAnswer) {
		mistakes = append(mistakes, fault.Invalid(fault.Guessable, "securityAnswer"))
	}
	return j, errors.Join(mistakes...)
}

// judgeNames cleans the three names and finds every mistake in them.
func (j *judged) judgeNames() error {
	var mistakes []error
	for _, name := range []struct {
		value *string
		read  func(string, int, ...string) (string, *fault.Fault)
		field string
	}{{&j.FirstName, text.Required, "firstName"}, {&j.MiddleName, text.Clean, "middleName"}, {&j.LastName, text.Required, "lastName"}} {
		clean, refusal := name.read(*name.value, nameLongest, "profile", name.field)
		if refusal != nil {
			mistakes = append(mistakes, refusal)
		}
		*name.value = clean
	}
	return errors.Join(mistakes...)
}

// Person judges the names and the birth date of a profile, and returns them in the form they are kept.
// Faults: InvalidInput for each field of profile.
func (p Profile) Person(now time.Time) (names Profile, born time.Time, err error) {
	j := judged{Profile: p}
	wrong := j.judgeNames()
	born, err = birthDate(p.BirthDate, now)
	return j.Profile, born, errors.Join(wrong, err)
}

// SecurityQuestion judges a question and its answer, and gives the answer in the form that is hashed.
// Faults: InvalidInput at question and answer.
func SecurityQuestion(question, answer string) (cleanQuestion, plain string, err error) {
	question, wrong := text.Required(question, questionLongest, "question")
	answer, wrongToo := text.Required(answer, answerLongest, "answer")
	var mistakes []error
	for _, refusal := range []*fault.Fault{wrong, wrongToo} {
		if refusal != nil {
			mistakes = append(mistakes, refusal)
		}
	}
	if plain = plainAnswer(answer); plain != "" && strings.Contains(plainAnswer(question), plain) {
		mistakes = append(mistakes, fault.Invalid(fault.Guessable, "answer"))
	}
	return question, plain, errors.Join(mistakes...)
}

// plainAnswer makes two answers equal that a person holds for the same: case and outer blanks do not count.
func plainAnswer(answer string) string {
	return strings.ToLower(norm.NFC.String(strings.TrimSpace(answer)))
}

func birthDate(typed string, now time.Time) (time.Time, error) {
	field := []string{"profile", "birthDate"}
	born, err := time.Parse(time.DateOnly, strings.TrimSpace(typed))
	switch {
	case strings.TrimSpace(typed) == "":
		return time.Time{}, fault.Invalid(fault.Required, field...)
	case err != nil || born.After(now):
		return time.Time{}, fault.Invalid(fault.Malformed, field...)
	case born.AddDate(oldest, 0, 0).Before(now):
		return time.Time{}, fault.Invalid(fault.OutOfRange, field...).
			With("Min", now.AddDate(-oldest, 0, 0).Format(time.DateOnly)).With("Max", now.AddDate(-youngest, 0, 0).Format(time.DateOnly))
	case born.AddDate(youngest, 0, 0).After(now):
		return time.Time{}, fault.Invalid(fault.TooYoung, field...).With("Count", youngest)
	}
	return born, nil
}

// DisplayName is a person's name for those who know them: "Ivan Petrov".
func DisplayName(first, last string) string { return strings.TrimSpace(first + " " + last) }

// MaskedName is a person's name for strangers: "Ivan P.".
func MaskedName(first, last string) string {
	for _, initial := range last {
		return first + " " + string(initial) + "."
	}
	return first
}
