package b2b

import (
	"bytes"
	"encoding/csv"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

const (
	// byteOrderMark tells spreadsheet programs that a file is UTF-8.
	byteOrderMark = "\uFEFF"

	// pieceSize is how much of a file goes into a message.
	pieceSize = 64 << 10
)

// DownloadB2BTaxInvoicesSheet streams the tax invoices that match as a CSV file in
// UTF-8. Without a choice of columns it has all that are not superseded.
func (s *Store) DownloadB2BTaxInvoicesSheet(req *portonev2.DownloadB2BTaxInvoicesSheetRequest, stream grpc.ServerStreamingServer[httpbody.HttpBody]) error {
	found, err := s.in(req).search(req.GetFilter(), req.GetSort())
	if err != nil {
		return err
	}
	content, err := sheet(columnsFor(req.GetFields()), found)
	if err != nil {
		return err
	}
	for len(content) > 0 {
		piece := content[:min(pieceSize, len(content))]
		content = content[len(piece):]
		if err := stream.Send(&httpbody.HttpBody{ContentType: "text/csv; charset=utf-8", Data: piece}); err != nil {
			return err
		}
	}
	return nil
}

// sheet writes the file: a line of headings, then a line for each invoice.
func sheet(columns []column, found []*invoice) ([]byte, error) {
	file := bytes.NewBufferString(byteOrderMark)
	w := csv.NewWriter(file)
	line := make([]string, len(columns))
	for i, c := range columns {
		line[i] = c.heading
	}
	if err := w.Write(line); err != nil {
		return nil, err
	}
	for _, inv := range found {
		for i, c := range columns {
			line[i] = c.value(inv)
		}
		if err := w.Write(line); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return file.Bytes(), w.Error()
}
