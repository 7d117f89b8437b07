// Package migrations holds the schema of the database as numbered files, the only truth about it: SQL, or Go where a library
// brings its own tables. They go forward only.
// schema.golden.sql shows what they add up to, on one page.
package migrations

import "embed"

// Newest is the number of the last file.
const Newest = 28

// Files are the migrations in SQL.
//
//go:embed 0*.sql
var Files embed.FS
