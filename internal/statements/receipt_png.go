package statements

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"strings"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// Measures of a receipt as a picture, in pixels: as wide as a phone shows it.
const (
	pictureWide  = 1080
	pictureEdge  = 72
	pictureValue = 400
	pictureLead  = 44
)

var (
	green = color.RGBA{20, 83, 45, 255}
	black = color.RGBA{0, 0, 0, 255}
	quiet = color.RGBA{96, 96, 96, 255}
	faint = color.RGBA{213, 221, 216, 255}
)

// parsed are the fonts as they are drawn; parsing one takes longer than a whole picture.
var parsed = sync.OnceValues(func() (fonts [2]*opentype.Font, err error) {
	for i, data := range [][]byte{plainFont, boldFont} {
		if fonts[i], err = opentype.Parse(data); err != nil {
			return fonts, fmt.Errorf("statements: font: %w", err)
		}
	}
	return fonts, nil
})

// brush writes texts in one font, size and colour.
type brush struct {
	face font.Face
	ink  color.Color
}

func newBrush(bold bool, size float64, ink color.Color) (brush, error) {
	fonts, err := parsed()
	if err != nil {
		return brush{}, err
	}
	f := fonts[0]
	if bold {
		f = fonts[1]
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingFull})
	return brush{face, ink}, err
}

func (b brush) text(on draw.Image, x, y int, text string) {
	(&font.Drawer{Dst: on, Src: image.NewUniform(b.ink), Face: b.face, Dot: fixed.P(x, y)}).DrawString(text)
}

// wrap breaks a text at blanks, and a word that is too long anywhere.
func (b brush) wrap(text string, width int) (lines []string) {
	fits := func(s string) bool { return font.MeasureString(b.face, s).Ceil() <= width }
	current := ""
	for word := range strings.FieldsSeq(text) {
		if joined := strings.TrimSpace(current + " " + word); fits(joined) {
			current = joined
			continue
		}
		if current != "" {
			lines = append(lines, current)
		}
		current = ""
		for _, r := range word {
			if !fits(current+string(r)) && current != "" {
				lines, current = append(lines, current), ""
			}
			current += string(r)
		}
	}
	return append(lines, current)
}

// wrapAll wraps each part of a text that has line breaks of its own.
func wrapAll(text string, wrap func(string) []string) (lines []string) {
	for part := range strings.SplitSeq(text, "\n") {
		lines = append(lines, wrap(part)...)
	}
	return lines
}

func drawReceiptPNG(r receipt, out io.Writer) error {
	var brushes [5]brush
	for i, b := range []struct {
		bold bool
		size float64
		ink  color.Color
	}{{true, 40, green}, {true, 64, black}, {false, 32, quiet}, {false, 32, black}, {false, 24, quiet}} {
		var err error
		if brushes[i], err = newBrush(b.bold, b.size, b.ink); err != nil {
			return err
		}
	}
	name, sum, label, value, small := brushes[0], brushes[1], brushes[2], brushes[3], brushes[4]

	values, high := make([][]string, len(r.rows)), 0
	for i, row := range r.rows {
		values[i] = wrapAll(row.value, func(part string) []string { return value.wrap(part, pictureWide-pictureEdge-pictureValue) })
		high += max(len(values[i]), len(label.wrap(row.label, pictureValue-pictureEdge-20)))*pictureLead + 24
	}
	note := small.wrap(r.note, pictureWide-2*pictureEdge)
	const headHigh = 330
	picture := image.NewRGBA(image.Rect(0, 0, pictureWide, headHigh+high+60+len(note)*34+pictureEdge))
	draw.Draw(picture, picture.Bounds(), image.White, image.Point{}, draw.Src)
	draw.Draw(picture, image.Rect(0, 0, pictureWide, 12), image.NewUniform(green), image.Point{}, draw.Src)
	name.text(picture, pictureEdge, 90, system)
	label.text(picture, pictureEdge, 145, r.title)
	sum.text(picture, pictureEdge, 230, r.amount)
	label.text(picture, pictureEdge, 285, r.status)
	y := headHigh
	for i, row := range r.rows {
		draw.Draw(picture, image.Rect(pictureEdge, y, pictureWide-pictureEdge, y+2), image.NewUniform(faint), image.Point{}, draw.Src)
		labels := label.wrap(row.label, pictureValue-pictureEdge-20)
		for n, text := range labels {
			label.text(picture, pictureEdge, y+(n+1)*pictureLead, text)
		}
		for n, text := range values[i] {
			value.text(picture, pictureValue, y+(n+1)*pictureLead, text)
		}
		y += max(len(values[i]), len(labels))*pictureLead + 24
	}
	for n, text := range note {
		small.text(picture, pictureEdge, y+60+n*34, text)
	}
	if err := png.Encode(out, picture); err != nil {
		return fmt.Errorf("statements: picture: %w", err)
	}
	return nil
}
