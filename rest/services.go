package rest

import (
	"context"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"

	gateway "github.com/portone-gateway/portone-gateway/gen/gateway/portone/v2"
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// registration adds the handlers of a service to a mux.
type registration func(*runtime.ServeMux, grpc.ClientConnInterface) error

// of makes a registration of two functions that are generated for a service.
func of[C any](register func(context.Context, *runtime.ServeMux, C) error, client func(grpc.ClientConnInterface) C) registration {
	return func(mux *runtime.ServeMux, cc grpc.ClientConnInterface) error {
		return register(context.Background(), mux, client(cc))
	}
}

// registrations are those of every service of the contract, by its full name.
var registrations = map[string]registration{
	"portone.v2.AuthService":                        of(gateway.RegisterAuthServiceHandlerClient, portonev2.NewAuthServiceClient),
	"portone.v2.BankService":                        of(gateway.RegisterBankServiceHandlerClient, portonev2.NewBankServiceClient),
	"portone.v2.BillingKeyService":                  of(gateway.RegisterBillingKeyServiceHandlerClient, portonev2.NewBillingKeyServiceClient),
	"portone.v2.CashReceiptService":                 of(gateway.RegisterCashReceiptServiceHandlerClient, portonev2.NewCashReceiptServiceClient),
	"portone.v2.CheckoutProfileService":             of(gateway.RegisterCheckoutProfileServiceHandlerClient, portonev2.NewCheckoutProfileServiceClient),
	"portone.v2.CounterpartyService":                of(gateway.RegisterCounterpartyServiceHandlerClient, portonev2.NewCounterpartyServiceClient),
	"portone.v2.IdentityVerificationService":        of(gateway.RegisterIdentityVerificationServiceHandlerClient, portonev2.NewIdentityVerificationServiceClient),
	"portone.v2.PaymentAdditionalFeatureService":    of(gateway.RegisterPaymentAdditionalFeatureServiceHandlerClient, portonev2.NewPaymentAdditionalFeatureServiceClient),
	"portone.v2.PaymentScheduleService":             of(gateway.RegisterPaymentScheduleServiceHandlerClient, portonev2.NewPaymentScheduleServiceClient),
	"portone.v2.PaymentService":                     of(gateway.RegisterPaymentServiceHandlerClient, portonev2.NewPaymentServiceClient),
	"portone.v2.PaymentSessionService":              of(gateway.RegisterPaymentSessionServiceHandlerClient, portonev2.NewPaymentSessionServiceClient),
	"portone.v2.PgSpecificService":                  of(gateway.RegisterPgSpecificServiceHandlerClient, portonev2.NewPgSpecificServiceClient),
	"portone.v2.PlatformAccountService":             of(gateway.RegisterPlatformAccountServiceHandlerClient, portonev2.NewPlatformAccountServiceClient),
	"portone.v2.PlatformAccountTransferService":     of(gateway.RegisterPlatformAccountTransferServiceHandlerClient, portonev2.NewPlatformAccountTransferServiceClient),
	"portone.v2.PlatformBulkAccountTransferService": of(gateway.RegisterPlatformBulkAccountTransferServiceHandlerClient, portonev2.NewPlatformBulkAccountTransferServiceClient),
	"portone.v2.PlatformBulkPayoutService":          of(gateway.RegisterPlatformBulkPayoutServiceHandlerClient, portonev2.NewPlatformBulkPayoutServiceClient),
	"portone.v2.PlatformCompanyService":             of(gateway.RegisterPlatformCompanyServiceHandlerClient, portonev2.NewPlatformCompanyServiceClient),
	"portone.v2.PlatformPartnerService":             of(gateway.RegisterPlatformPartnerServiceHandlerClient, portonev2.NewPlatformPartnerServiceClient),
	"portone.v2.PlatformPartnerSettlementService":   of(gateway.RegisterPlatformPartnerSettlementServiceHandlerClient, portonev2.NewPlatformPartnerSettlementServiceClient),
	"portone.v2.PlatformPayoutService":              of(gateway.RegisterPlatformPayoutServiceHandlerClient, portonev2.NewPlatformPayoutServiceClient),
	"portone.v2.PlatformPolicyService":              of(gateway.RegisterPlatformPolicyServiceHandlerClient, portonev2.NewPlatformPolicyServiceClient),
	"portone.v2.PlatformService":                    of(gateway.RegisterPlatformServiceHandlerClient, portonev2.NewPlatformServiceClient),
	"portone.v2.PlatformTransferService":            of(gateway.RegisterPlatformTransferServiceHandlerClient, portonev2.NewPlatformTransferServiceClient),
	"portone.v2.PromotionService":                   of(gateway.RegisterPromotionServiceHandlerClient, portonev2.NewPromotionServiceClient),
	"portone.v2.ReconciliationService":              of(gateway.RegisterReconciliationServiceHandlerClient, portonev2.NewReconciliationServiceClient),
	"portone.v2.TaxInvoiceService":                  of(gateway.RegisterTaxInvoiceServiceHandlerClient, portonev2.NewTaxInvoiceServiceClient),
}
