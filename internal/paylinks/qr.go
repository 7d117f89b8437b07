package paylinks

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"strings"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"

	"purser/internal/fault"
)

const (
	quiet       = 4 // modules that stay white around a code, which readers need
	pixelsLeast = 128
	pixelsMost  = 1024
)

// code is the QR code of an address, a pixel for each module.
func code(url string) (barcode.Barcode, error) {
	c, err := qr.Encode(url, qr.M, qr.Auto)
	if err != nil {
		return nil, fmt.Errorf("paylinks: QR code: %w", err)
	}
	return c, nil
}

func isBlack(c barcode.Barcode, x, y int) bool {
	r, _, _, _ := c.At(x, y).RGBA()
	return r == 0
}

// PNG is the QR code of the address, so many pixels wide and high. Faults: BadUserInput for fewer or more than can be.
func (l Link) PNG(pixels int) ([]byte, error) {
	if pixels < pixelsLeast || pixels > pixelsMost {
		return nil, fault.New(fault.BadUserInput)
	}
	c, err := code(l.URL)
	if err != nil {
		return nil, err
	}
	side := c.Bounds().Dx()
	scale := pixels / (side + 2*quiet)
	if scale < 1 {
		return nil, fault.New(fault.BadUserInput)
	}
	edge := (pixels - scale*side) / 2
	picture := image.NewPaletted(image.Rect(0, 0, pixels, pixels), color.Palette{color.White, color.Black})
	for y := range side {
		for x := range side {
			if isBlack(c, x, y) {
				at := image.Pt(edge+x*scale, edge+y*scale)
				draw.Draw(picture, image.Rectangle{at, at.Add(image.Pt(scale, scale))}, image.Black, image.Point{}, draw.Src)
			}
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		return nil, fmt.Errorf("paylinks: picture: %w", err)
	}
	return out.Bytes(), nil
}

// SVG is the QR code of the address, without a size of its own.
func (l Link) SVG() (string, error) {
	c, err := code(l.URL)
	if err != nil {
		return "", err
	}
	side := c.Bounds().Dx()
	var black strings.Builder
	for y := range side {
		for x := 0; x < side; x++ {
			run := 0
			for x+run < side && isBlack(c, x+run, y) {
				run++
			}
			if run > 0 {
				fmt.Fprintf(&black, "M%d %dh%dv1h-%dz", x+quiet, y+quiet, run, run)
				x += run
			}
		}
	}
	all := side + 2*quiet
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%dv%dH0z"/><path d="%s"/></svg>`,
		all, all, all, all, black.String()), nil
}
