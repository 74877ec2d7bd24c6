// Command reconciliation compares a day's payments at PortOne with a list of one's own, CSV
// on standard input with payment id and amount: what the customer paid less what was
// cancelled. It prints what differs, and ends with status 1 if anything does.
package main

import (
	"context"
	"encoding/csv"
	"flag"
	"fmt"
	"log"
	"maps"
	"os"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/portoneclient"
)

func main() {
	target := flag.String("target", "127.0.0.1:9090", "the gateway")
	day := flag.String("day", time.Now().Format(time.DateOnly), "the day, in local time")
	flag.Parse()
	from := must(time.ParseInLocation(time.DateOnly, *day, time.Local))
	ours, theirs := make(map[string]string), make(map[string]string)
	for _, row := range must(csv.NewReader(os.Stdin).ReadAll()) {
		ours[row[0]] = row[1]
	}
	call := portonev2.NewPaymentServiceClient(must(portoneclient.Dial(*target, portoneclient.Options{}))).GetAllPaymentsByCursor
	request := &portonev2.GetAllPaymentsByCursorRequest{From: timestamppb.New(from), Until: timestamppb.New(from.AddDate(0, 0, 1))}
	for item, err := range portoneclient.All(context.Background(), call, request) {
		payment := must(item, err).GetPayment()
		switch portoneclient.StatusTextOf(payment) {
		case "READY", "PAY_PENDING", "VIRTUAL_ACCOUNT_ISSUED", "FAILED", "CANCELLED": // no money, or none any more
		case "PAID", "PARTIAL_CANCELLED":
			amount := portoneclient.AmountOf(payment)
			theirs[portoneclient.IDOf(payment)] = fmt.Sprint(amount.GetPaid() - amount.GetCancelled())
		default:
			log.Fatal("a payment has a status that this program does not know: ", portoneclient.StatusTextOf(payment))
		}
	}
	status, all := 0, maps.Clone(ours)
	maps.Copy(all, theirs)
	for id := range all {
		if ours[id] != theirs[id] {
			fmt.Printf("%s: %q here, %q at PortOne\n", id, ours[id], theirs[id])
			status = 1
		}
	}
	os.Exit(status)
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}
