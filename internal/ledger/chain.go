package ledger

import (
	"crypto/sha256"
	"encoding/binary"

	"purser/models"
)

// Chain is the hash of an entry: SHA-256 over the hash of the wallet's previous entry (32 zero bytes for the first) and,
// big-endian, wallet id, version, transfer id, amount, balance after, and time in microseconds since 1970. A row that is
// changed or missing breaks the chain of its wallet from there on.
func Chain(previous []byte, e models.Entry) []byte {
	text := make([]byte, 0, 32+8+8+16+8+8+8)
	text = append(text, previous...)
	text = binary.BigEndian.AppendUint64(text, uint64(e.WalletID))
	text = binary.BigEndian.AppendUint64(text, uint64(e.Version))
	text = append(text, e.TransferID[:]...)
	text = binary.BigEndian.AppendUint64(text, uint64(e.Amount))
	text = binary.BigEndian.AppendUint64(text, uint64(e.BalanceAfter))
	text = binary.BigEndian.AppendUint64(text, uint64(e.PostedAt.UnixMicro()))
	sum := sha256.Sum256(text)
	return sum[:]
}
