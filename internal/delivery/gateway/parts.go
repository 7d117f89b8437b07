package gateway

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/linxGnu/gosmpp/data"
	"github.com/linxGnu/gosmpp/pdu"
)

const (
	mostParts = 16 // of one SMS
	// What fits into an SMS, in characters of the alphabet: alone, and as a part of a longer one, which needs a header.
	gsmAlone, gsmPart   = 160, 153
	ucs2Alone, ucs2Part = 70, 67
)

// part is one SMS, or a part of a long one.
type part struct {
	octets   []byte
	encoding data.Encoding
	header   pdu.UDH // which part it is
}

// parts cuts a text into SMS: in the alphabet of GSM when it has all the characters, otherwise in UCS-2. The library would cut by
// runes, which is too long for an emoji; ref is what the phone puts the parts together by.
func parts(text string, ref byte) ([]part, error) {
	runes := []rune(text)
	if len(data.ValidateGSM7String(text)) == 0 && len(data.GetEscapeChars(runes)) == 0 {
		octets, err := data.GSM7BIT.Encode(text)
		if err != nil {
			return nil, err
		}
		return number(cut(octets, gsmAlone, gsmPart, func(byte) bool { return false }), data.GSM7BIT, ref)
	}
	var all [][]byte
	for _, units := range cut(utf16.Encode(runes), ucs2Alone, ucs2Part, isFirstHalf) {
		octets := make([]byte, 0, 2*len(units))
		for _, unit := range units {
			octets = append(octets, byte(unit>>8), byte(unit))
		}
		all = append(all, octets)
	}
	return number(all, data.UCS2, ref)
}

// isFirstHalf tells whether a unit is the first half of a character that needs two.
func isFirstHalf(unit uint16) bool { return unit >= 0xD800 && unit < 0xDC00 }

// cut makes pieces of at most each units, or one of at most alone. A piece does not end with a unit that needs the next.
func cut[T any](units []T, alone, each int, needsNext func(T) bool) (pieces [][]T) {
	if len(units) <= alone {
		return [][]T{units}
	}
	for len(units) > each {
		end := each
		if needsNext(units[end-1]) {
			end--
		}
		pieces, units = append(pieces, units[:end]), units[end:]
	}
	return append(pieces, units)
}

func number(pieces [][]byte, encoding data.Encoding, ref byte) ([]part, error) {
	if len(pieces) > mostParts {
		return nil, fmt.Errorf("gateway: a text of %d parts", len(pieces))
	}
	all := make([]part, len(pieces))
	for i, octets := range pieces {
		all[i] = part{octets: octets, encoding: encoding}
		if len(pieces) > 1 {
			all[i].header = pdu.UDH{pdu.NewIEConcatMessage(byte(len(pieces)), byte(i+1), ref)}
		}
	}
	return all, nil
}

// submission is a part as it is handed over.
func (p part) submission(from pdu.Address, to string, life time.Duration) (*pdu.SubmitSM, error) {
	request := pdu.NewSubmitSM().(*pdu.SubmitSM)
	recipient, err := pdu.NewAddressWithTonNpiAddr(data.GSM_TON_INTERNATIONAL, data.GSM_NPI_E164, strings.TrimPrefix(to, "+"))
	if err != nil {
		return nil, err
	}
	request.SourceAddr, request.DestAddr, request.ValidityPeriod = from, recipient, validity(life)
	if err := request.Message.SetMessageDataWithEncoding(p.octets, p.encoding); err != nil {
		return nil, err
	}
	if p.header != nil {
		request.Message.SetUDH(p.header)
		request.EsmClass |= data.SM_UDH_GSM
	}
	return request, nil
}

// validity is a span of time as SMPP writes it (YYMMDDhhmmss000R), so that the centre gives up when we would. An SMS that comes after
// its code has run out only confuses.
func validity(life time.Duration) string {
	life = min(max(life, time.Second), 30*24*time.Hour).Truncate(time.Second)
	days := int(life.Hours()) / 24
	return fmt.Sprintf("0000%02d%02d%02d%02d000R", days, int(life.Hours())%24, int(life.Minutes())%60, int(life.Seconds())%60)
}

// sender is who an SMS comes from: a number, or up to eleven letters.
func sender(from string) pdu.Address {
	ton, npi := byte(data.GSM_TON_ALPHANUMERIC), byte(data.GSM_NPI_UNKNOWN)
	if strings.Trim(from, "+0123456789") == "" {
		ton, npi, from = data.GSM_TON_INTERNATIONAL, data.GSM_NPI_E164, strings.TrimPrefix(from, "+")
	}
	address := pdu.NewAddressWithTonNpi(ton, npi)
	_ = address.SetAddress(from) // the configuration has checked its length
	return address
}
