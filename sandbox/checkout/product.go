package checkout

import (
	"errors"
	"fmt"
	"time"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// checkProduct says what is wrong with an item of an order.
func checkProduct(product *portonev2.PaymentSessionProduct) error {
	switch {
	case product.GetName() == "":
		return errors.New("name must not be empty")
	case product.GetUnitPrice() < 0:
		return fmt.Errorf("unitPrice must not be negative: %d", product.GetUnitPrice())
	case product.GetQuantity() <= 0:
		return fmt.Errorf("quantity must be positive: %d", product.GetQuantity())
	}
	for _, date := range []*string{product.StartDate, product.EndDate} {
		if date == nil {
			continue
		}
		if _, err := time.Parse(time.DateOnly, *date); err != nil {
			return fmt.Errorf("not a date: %q", *date)
		}
	}
	if product.StartDate != nil && product.EndDate != nil && product.GetStartDate() > product.GetEndDate() {
		return fmt.Errorf("startDate %s is after endDate %s", product.GetStartDate(), product.GetEndDate())
	}
	return nil
}
