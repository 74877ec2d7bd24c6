package b2b

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/registry"
)

// download collects the pieces of a file.
type download struct {
	grpc.ServerStreamingServer[httpbody.HttpBody]
	pieces []*httpbody.HttpBody
}

func (d *download) Send(piece *httpbody.HttpBody) error {
	d.pieces = append(d.pieces, piece)
	return nil
}

// sheet downloads a file and reads it.
func (s *sandbox) sheet(req *portonev2.DownloadB2BTaxInvoicesSheetRequest) ([][]string, int) {
	s.t.Helper()
	var d download
	if err := s.DownloadB2BTaxInvoicesSheet(req, &d); err != nil {
		s.t.Fatal(err)
	}
	var file bytes.Buffer
	for _, piece := range d.pieces {
		if piece.GetContentType() != "text/csv; charset=utf-8" || len(piece.GetData()) > pieceSize {
			s.t.Errorf("a piece of %d bytes, %s", len(piece.GetData()), piece.GetContentType())
		}
		file.Write(piece.GetData())
	}
	text, marked := strings.CutPrefix(file.String(), byteOrderMark)
	lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || !marked {
		s.t.Fatalf("%v in %q", err, text)
	}
	return lines, len(d.pieces)
}

func field(name string) portonev2.TaxInvoicesSheetField {
	return portonev2.TaxInvoicesSheetField(portonev2.TaxInvoicesSheetField_value["TAX_INVOICES_SHEET_FIELD_"+name])
}

// TestSheet downloads chosen columns of filtered, sorted invoices.
func TestSheet(t *testing.T) {
	s := assorted(t)
	must(t, s.CancelB2BTaxInvoiceIssuance, &portonev2.CancelB2BTaxInvoiceIssuanceRequest{
		TaxInvoiceKey: "S-A", TaxInvoiceKeyType: keyOfSupplier.Enum(), Brn: ptr(registry.MerchantBRN), Memo: ptr("a \"typo\", sorry"),
	})
	lines, _ := s.sheet(&portonev2.DownloadB2BTaxInvoicesSheetRequest{
		Fields: []portonev2.TaxInvoicesSheetField{field("SUPPLIER_DOCUMENT_KEY"), field("STATUS"), field("CANCEL_REASON"), field("TOTAL_AMOUNT"), field("ISSUED_AT"), field("PARTNER_BRN")},
		Filter: &bodyFilter{IssuanceTypes: []portonev2.B2BTaxInvoiceIssuanceType{issuanceNormal}},
		Sort:   &portonev2.B2BTaxInvoiceSortInput{By: portonev2.B2BTaxInvoiceSortBy_B2B_TAX_INVOICE_SORT_BY_WRITE_DATE.Enum(), Order: portonev2.SortOrder_SORT_ORDER_ASC.Enum()},
	})
	want := [][]string{
		{"공급자 문서번호", "상태", "취소사유", "합계금액", "발행완료일시", "거래처 사업자등록번호"},
		{"S-A", "ISSUANCE_CANCELLED", "a \"typo\", sorry", "33", "2026-03-08 10:00:00", recipientBRN},
		{"S-C", "DRAFTED", "", "40", "", recipientBRN},
		{"S-D", "DRAFTED", "", "22", "", recipientBRN},
	}
	if !slices.EqualFunc(lines, want, slices.Equal) {
		t.Errorf("%q\nwant %q", lines, want)
	}
	if empty, _ := s.sheet(&portonev2.DownloadB2BTaxInvoicesSheetRequest{Test: ptr(true)}); len(empty) != 1 {
		t.Errorf("test mode: %q", empty)
	}
	var d download
	err := s.DownloadB2BTaxInvoicesSheet(&portonev2.DownloadB2BTaxInvoicesSheetRequest{
		Filter: &bodyFilter{PrimaryFilter: &primaryFilter{TaxInvoiceId: ptr("x"), PayoutId: ptr("x")}},
	}, &d)
	if err == nil || len(d.pieces) > 0 {
		t.Errorf("a filter with two primary conditions: %v, %d pieces", err, len(d.pieces))
	}
}

// TestSheetColumns expects every column of the contract once, the two superseded
// ones last.
func TestSheetColumns(t *testing.T) {
	values := portonev2.TaxInvoicesSheetField(0).Descriptor().Values()
	for i := 1; i < values.Len(); i++ {
		if got := columnsFor([]portonev2.TaxInvoicesSheetField{portonev2.TaxInvoicesSheetField(values.Get(i).Number())}); len(got) != 1 {
			t.Errorf("%s: %d columns", values.Get(i).Name(), len(got))
		}
	}
	if len(columns) != values.Len()-1 {
		t.Errorf("%d columns, want %d", len(columns), values.Len()-1)
	}
	for _, c := range columnsFor(nil) {
		if c.name == "PARTNER_NAME" || c.name == "PARTNER_BRN" {
			t.Errorf("%s unasked", c.name)
		}
	}
}

// TestLargeSheet downloads a file that takes several pieces.
func TestLargeSheet(t *testing.T) {
	s := newSandbox(t)
	for i := range 500 {
		in := s.input(issuanceNormal)
		in.SupplierDocumentKey, in.RecipientDocumentKey = nil, nil
		in.Items[0].Name = ptr(strings.Repeat("가", 50+i%50))
		s.draft(in)
	}
	if lines, pieces := s.sheet(&portonev2.DownloadB2BTaxInvoicesSheetRequest{}); len(lines) != 501 || pieces < 2 {
		t.Errorf("%d lines in %d pieces", len(lines), pieces)
	}
}
