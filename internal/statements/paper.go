package statements

import (
	_ "embed" // the fonts
	"fmt"
	"io"
	"time"

	"github.com/signintech/gopdf"
)

// The fonts have Latin, Cyrillic and the signs of currencies; DejaVu, under a free licence that stands beside them.
var (
	//go:embed fonts/DejaVuSans.ttf
	plainFont []byte
	//go:embed fonts/DejaVuSans-Bold.ttf
	boldFont []byte
)

const system = "Purser"

// Measures of a page (A4), in points.
const (
	margin = 40.0
	right  = 595.28 - margin
	bottom = 841.89 - margin
	wide   = right - margin
)

// paper is a PDF that is being drawn. The first error stays; what is drawn after it does not matter.
type paper struct {
	pdf *gopdf.GoPdf
	err error
}

func newPaper(title string, madeAt time.Time) *paper {
	p := &paper{pdf: &gopdf.GoPdf{}}
	p.pdf.Start(gopdf.Config{PageSize: *gopdf.PageSizeA4})
	p.pdf.SetInfo(gopdf.PdfInfo{Title: title, Author: system, Creator: system, Producer: system, CreationDate: madeAt})
	for family, data := range map[string][]byte{"plain": plainFont, "bold": boldFont} {
		p.keep(p.pdf.AddTTFFontDataWithOption(family, data, gopdf.TtfOption{OnGlyphNotFoundSubstitute: func(rune) rune { return '□' }}))
	}
	return p
}

func (p *paper) keep(err error) {
	if p.err == nil && err != nil {
		p.err = fmt.Errorf("statements: PDF: %w", err)
	}
}

func (p *paper) font(family string, size float64) {
	p.keep(p.pdf.SetFont(family, "", size))
}

func (p *paper) text(x, y float64, text string) {
	p.pdf.SetXY(x, y)
	p.keep(p.pdf.Cell(nil, text))
}

// textTo ends at x.
func (p *paper) textTo(x, y float64, text string) {
	width, err := p.pdf.MeasureTextWidth(text)
	p.keep(err)
	p.text(x-width, y, text)
}

func (p *paper) grey(level uint8) { p.pdf.SetTextColor(level, level, level) }

func (p *paper) rule(y, thick float64) {
	p.pdf.SetLineWidth(thick)
	p.pdf.SetStrokeColor(20, 83, 45)
	p.pdf.Line(margin, y, right, y)
}

// wrap breaks a text into lines that fit, at blanks where there are some.
func (p *paper) wrap(text string, width float64) []string {
	if text == "" {
		return nil
	}
	lines, err := p.pdf.SplitTextWithWordWrap(text, width)
	p.keep(err)
	return lines
}

// heading begins a page, with the system's name, a title and the number of the page.
func (p *paper) heading(title, page string) (y float64) {
	p.pdf.AddPage()
	p.pdf.SetTextColor(20, 83, 45)
	p.font("bold", 13)
	p.text(margin, margin-10, system)
	p.grey(90)
	p.font("plain", 8)
	p.textTo(right, margin-6, page)
	p.textTo(right, bottom+14, page)
	p.text(margin, bottom+14, title)
	p.rule(margin+10, 1)
	p.grey(0)
	return margin + 22
}

func (p *paper) write(out io.Writer) error {
	if p.err != nil {
		return p.err
	}
	data, err := p.pdf.GetBytesPdfReturnErr()
	if err != nil {
		return fmt.Errorf("statements: PDF: %w", err)
	}
	_, err = out.Write(data)
	return err
}
