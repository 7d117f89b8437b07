// Package migrations holds the schema of the database as numbered SQL files, the only truth about it. They go forward
// only; schema.golden.sql shows what they add up to, on one page.
package migrations

import "embed"

// Newest is the number of the last file.
const Newest = 6

// Files are the migrations.
//
//go:embed 0*.sql
var Files embed.FS
