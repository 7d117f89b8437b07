package main

import (
	"regexp"
	"strings"
)

const introduction = `# How Postgres goes about each statement

A real server on a database that has grown (10,000 people, 40,000 transfers, 60,000 entries, 50,000 events) answers every kind of
request there is and does its work in the background. These are the statements it sends, by the function that sends them, with the
plans that Postgres 15 makes for any parameters; first those that post money. No statement reads a growing table, or a whole index of
one, from end to end: ` + "`TestGoldenPageOfQueries`" + ` fails if one does, for the parameters that were sent or for any. Not here is ` + "`purser audit`" + `,
which is there to read everything.

Lists of parameters of any length are shown as ` + "`($…)`" + `, and parameters beside one as ` + "`$n`" + `. Written by: make queries
`

var (
	parameter    = regexp.MustCompile(`\$\d+`)
	placeholders = regexp.MustCompile(`\(\$\d+(?:,\s*\$\d+)+\)`)
	manyValues   = regexp.MustCompile(`ANY \((?:'\{[^']*\}'|ARRAY\[[^\]]*\])(::[a-z \[\]]+)?\)`)
)

// page writes the statements down. Of those that differ only in the length of a list, one stands for all.
func (p *planner) page(all []statement) string {
	p.t.Helper()
	var page strings.Builder
	page.WriteString(introduction)
	shown := map[string]bool{}
	room, function := "", ""
	for _, s := range all {
		sql := strings.Join(strings.Fields(s.sql), " ")
		if !strings.HasPrefix(sql, "INSERT") {
			sql = placeholders.ReplaceAllString(sql, "($…)")
		}
		number := "$0"
		if strings.Contains(sql, "($…)") {
			number = "$$n" // by the length of the list before it
		}
		sql = parameter.ReplaceAllString(sql, number)
		id := s.room + s.function + sql
		if shown[id] {
			continue
		}
		shown[id] = true
		lines, err := p.explain(s.sql, "COSTS OFF")
		if err != nil {
			p.t.Errorf("%s: %v", s.sql, err)
		}
		if s.room != room {
			page.WriteString("\n## " + s.room + "\n")
			room, function = s.room, ""
		}
		if s.function != function {
			page.WriteString("\n### `" + s.function + "`\n")
			function = s.function
		}
		plan := parameter.ReplaceAllString(manyValues.ReplaceAllString(strings.Join(lines, "\n"), "ANY ($…)"), number)
		page.WriteString("\n```sql\n" + wrapped(sql) + "\n```\n```text\n" + plan + "\n```\n")
	}
	return page.String()
}

// wrapped breaks a statement into lines that fit a page.
func wrapped(sql string) string {
	var page strings.Builder
	width := 0
	for _, word := range strings.Fields(sql) {
		switch {
		case width+len(word) > 125:
			page.WriteString("\n    ")
			width = 4
		case width > 0:
			page.WriteString(" ")
			width++
		}
		page.WriteString(word)
		width += len(word)
	}
	return page.String()
}
