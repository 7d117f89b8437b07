// Package locale holds every sentence that people read, in English and in Russian: messages of errors, texts of SMS and
// letters. A sentence is found by its id; the files en.json and ru.json have the same ids, which a test checks.
package locale

import (
	"embed"
	"encoding/json"
	"maps"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// Locale is a language people are spoken to in; it is the Locale of the schema.
type Locale string

// The languages there are.
const (
	EN Locale = "EN"
	RU Locale = "RU"
)

//go:embed en.json ru.json
var files embed.FS

var (
	bundle  = load()
	matcher = language.NewMatcher([]language.Tag{language.English, language.Russian})
	written = map[Locale]*i18n.Localizer{EN: i18n.NewLocalizer(bundle, "en"), RU: i18n.NewLocalizer(bundle, "ru", "en")}
)

func load() *i18n.Bundle {
	b := i18n.NewBundle(language.English)
	b.RegisterUnmarshalFunc("json", json.Unmarshal)
	for _, name := range []string{"en.json", "ru.json"} {
		if _, err := b.LoadMessageFileFS(files, name); err != nil {
			panic("locale: " + err.Error()) // the files are built in
		}
	}
	return b
}

// Of reads an Accept-Language header. ok is false when it names nothing, so that a person's own setting may decide.
func Of(acceptLanguage string) (l Locale, ok bool) {
	tags, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil || len(tags) == 0 {
		return EN, false
	}
	_, index, _ := matcher.Match(tags...)
	return []Locale{EN, RU}[index], true
}

// sum is a value that each language writes in its own way.
type sum interface {
	Written(thousands, point string) string
}

// Text is the sentence with an id, with values filled in, sums as the language writes them. "Count" among the values picks the plural form.
func (l Locale) Text(id string, values map[string]any) string {
	text, err := l.find(id, l.write(values))
	if err != nil {
		return id
	}
	return text
}

func (l Locale) write(values map[string]any) map[string]any {
	said := maps.Clone(values)
	for name, value := range said {
		if s, ok := value.(sum); ok {
			said[name] = l.Sum(s)
		}
	}
	return said
}

// Sum is a sum as the language writes it.
func (l Locale) Sum(s sum) string {
	if l == RU {
		return s.Written("\u00a0", ",")
	}
	return s.Written(",", ".")
}

// Has tells whether a sentence exists.
func (l Locale) Has(id string) bool {
	_, err := l.find(id, map[string]any{"Count": 1})
	return err == nil
}

func (l Locale) find(id string, values map[string]any) (string, error) {
	localizer, ok := written[l]
	if !ok {
		localizer = written[EN]
	}
	text, err := localizer.Localize(&i18n.LocalizeConfig{MessageID: id, TemplateData: values, PluralCount: values["Count"]})
	if err != nil { // a sentence without plural forms knows no count
		return localizer.Localize(&i18n.LocalizeConfig{MessageID: id, TemplateData: values})
	}
	return text, nil
}
