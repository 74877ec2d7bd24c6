package settlement

import (
	"bytes"
	"encoding/csv"
	"strings"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

const (
	// sheetType is the content type of the sheet. PortOne does not say which
	// encoding it uses; here it is UTF-8 that begins with a byte order mark, by
	// which spreadsheets know it.
	sheetType = "text/csv; charset=utf-8"
	byteOrder = "\ufeff"

	// sheetPiece is about how many bytes are sent at a time.
	sheetPiece = 32 << 10
)

// DownloadPlatformTransferSheet sends a CSV file of the transfers that meet a
// filter, the newest first, below a row of column names in Korean. Without fields
// it has all columns of the transfer.
func (s *Store) DownloadPlatformTransferSheet(req *portonev2.DownloadPlatformTransferSheetRequest, stream grpc.ServerStreamingServer[httpbody.HttpBody]) error {
	columns, err := chosenColumns(req.GetFields())
	if err != nil {
		return err
	}
	found, err := s.in(req.GetFilter(), req.Test).filtered(req.GetFilter())
	if err != nil {
		return err
	}
	sheet := newSheet(stream)
	row := make([]string, len(columns))
	for i, c := range columns {
		row[i] = c.name
	}
	if err := sheet.write(row); err != nil {
		return err
	}
	for t := range found {
		for i, c := range columns {
			row[i] = c.value(t)
		}
		if err := sheet.write(row); err != nil {
			return err
		}
	}
	return sheet.send()
}

// sheet is a CSV file that is sent piece by piece.
type sheet struct {
	stream grpc.ServerStreamingServer[httpbody.HttpBody]
	buffer bytes.Buffer
	rows   *csv.Writer
}

func newSheet(stream grpc.ServerStreamingServer[httpbody.HttpBody]) *sheet {
	s := &sheet{stream: stream}
	s.buffer.WriteString(byteOrder)
	s.rows = csv.NewWriter(&s.buffer)
	return s
}

// write adds a row, and sends what has come together if that is enough.
func (s *sheet) write(row []string) error {
	if err := s.rows.Write(row); err != nil {
		return err
	}
	if s.buffer.Len() < sheetPiece {
		return nil
	}
	return s.send()
}

// send sends what has not been sent.
func (s *sheet) send() error {
	s.rows.Flush()
	if s.buffer.Len() == 0 {
		return nil
	}
	piece := bytes.Clone(s.buffer.Bytes())
	s.buffer.Reset()
	return s.stream.Send(&httpbody.HttpBody{ContentType: sheetType, Data: piece})
}

// chosenColumns finds the columns for the keys of a request.
func chosenColumns(keys []string) ([]column, error) {
	if len(keys) == 0 {
		return columns, nil
	}
	chosen := make([]column, len(keys))
	for i, key := range keys {
		c, ok := columnOf(key)
		if !ok {
			return nil, world.Invalid("fields: there is no column %q", key)
		}
		chosen[i] = c
	}
	return chosen, nil
}

// columnOf finds the column for a key: one that every sheet can have, or else that
// of a property or formula of the merchant's own, which is called by its key.
// PARTNER_STATUS_UPDATED_AT is a column of the partner export only.
func columnOf(key string) (column, bool) {
	for _, c := range append(columns[:len(columns):len(columns)], partnerColumns...) {
		if c.key == key {
			return c, true
		}
	}
	if own, ok := strings.CutPrefix(key, "TRANSFER_"); ok && own != "" {
		return column{key, own, func(t *transfer) string {
			value, _ := t.property(own)
			return value
		}}, true
	}
	if own, ok := strings.CutPrefix(key, "PARTNER_"); ok && own != "" && own != "STATUS_UPDATED_AT" {
		return column{key, own, func(t *transfer) string {
			return t.GetPartner().GetUserDefinedProperties()[own].GetString_()
		}}, true
	}
	if own, ok := strings.CutPrefix(key, "FORMULA_"); ok && own != "" {
		return column{key, own, func(*transfer) string { return "" }}, true // there are no formulas
	}
	return column{}, false
}
