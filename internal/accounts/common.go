package accounts

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"io"
	"strings"
	"sync"
)

//go:embed common.txt.gz
var packedCommon []byte

// common are some 18,000 passwords that are tried first, in small letters; unpacked at the first question, about a megabyte. Written by:
// make passwords.
var common = sync.OnceValue(func() map[string]struct{} {
	unzip, err := gzip.NewReader(bytes.NewReader(packedCommon))
	if err != nil {
		panic("accounts: the list of common passwords: " + err.Error()) // it is built in
	}
	text, err := io.ReadAll(unzip)
	if err != nil {
		panic("accounts: the list of common passwords: " + err.Error())
	}
	lines := strings.Fields(string(text))
	set := make(map[string]struct{}, len(lines))
	for _, line := range lines {
		set[line] = struct{}{}
	}
	return set
})

// isCommon looks a password up, which is given in small letters.
func isCommon(lower string) bool {
	_, found := common()[lower]
	return found
}
