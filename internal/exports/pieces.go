package exports

import (
	"context"
	"fmt"
	"io"

	"purser/internal/secret"
	"purser/models"
)

// pieceSize is how much of an archive is in memory, and in one row.
const pieceSize = 256 << 10

// pieces takes an archive as it is written, and keeps it sealed, piece by piece.
type pieces struct {
	ctx    context.Context
	s      *Service
	export models.DataExport
	buffer []byte
	n      int
	bytes  int64
}

// Write is io.Writer's.
func (p *pieces) Write(b []byte) (int, error) {
	written := len(b)
	for len(b) > 0 {
		part := b[:min(len(b), pieceSize-len(p.buffer))]
		p.buffer, b = append(p.buffer, part...), b[len(part):]
		if len(p.buffer) == pieceSize {
			if err := p.flush(); err != nil {
				return 0, err
			}
		}
	}
	return written, nil
}

// flush keeps what is in memory.
func (p *pieces) flush() error {
	if len(p.buffer) == 0 {
		return nil
	}
	sealed := p.s.box.Seal(secret.Exports, p.buffer, contextOf(p.export, p.n))
	row := models.DataExportChunk{ExportID: p.export.ID, Attempt: p.export.Attempt, N: p.n, Sealed: sealed}
	if err := insertChunk(p.ctx, p.s.db, row); err != nil {
		return err
	}
	p.n++
	p.bytes += int64(len(p.buffer))
	p.buffer = p.buffer[:0]
	return nil
}

// contextOf is what a piece is sealed for: it cannot stand in another's place.
func contextOf(e models.DataExport, n int) string { return fmt.Sprintf("%s/%d/%d", e.ID, e.Attempt, n) }

// Copy writes an archive that Find has found, piece by piece. One that was deleted meanwhile ends with an error.
func (s *Service) Copy(ctx context.Context, w io.Writer, e models.DataExport) error {
	for n := range e.Chunks {
		row, err := readChunk(ctx, s.db, e, n)
		if err != nil {
			return err
		}
		piece, err := s.box.Open(secret.Exports, row.Sealed, contextOf(e, n))
		if err != nil {
			return fmt.Errorf("exports: %w", err)
		}
		if _, err := w.Write(piece); err != nil {
			return fmt.Errorf("exports: the reader: %w", err)
		}
	}
	return nil
}
